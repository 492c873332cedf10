/** What the aggregates share: their check, and which rows of a user they count (operators.md 5). */
import type { CatalogField, EventTable, FieldType } from '../../fields.ts';
import { formatDay } from '../calendar.ts';
import { indexCatalog } from '../catalog-index.ts';
import { type CheckContext, checkKeys, type NodeFaults } from '../check-context.ts';
import { readCompare, readMissing } from '../check-options.ts';
import { checkTypes } from '../check-types.ts';
import { COMPARES } from '../counted.ts';
import { dayOfValue, inWindow } from '../dates.ts';
import type { JsonObject } from '../json.ts';
import { dayLiteral } from '../literals.ts';
import type { AggregateLeaf } from '../normal.ts';
import type { Operand } from '../operand.ts';
import { operatorOf } from '../operators/registry.ts';
import { evaluateRule } from '../reference.ts';
import { didYouMean } from '../suggest.ts';
import { readCell, type Value } from '../values.ts';
import { type WideOperator, wideOperator } from './wide-operator.ts';
import { daysOfWindow, readWindow } from './windows.ts';
import type { Row, World } from './world.ts';

interface Aggregate extends Omit<WideOperator, 'group' | 'check' | 'evaluate'> {
  /** Whether it takes a field: `none`, it `may`, or it `must`. */
  readonly field: 'none' | 'may' | 'must';
  readonly kinds: readonly FieldType['kind'][];
  readonly operand: Operand;
  /** The type by which its operand is read; its field's when absent. */
  operandType?(type: FieldType): FieldType;
  /** What else is wrong with the field or the operand. */
  more?(leaf: AggregateLeaf, faults: NodeFaults): void;
  /** Whether the rows of a user that count give what the leaf asks for; null where they have no answer. */
  holds(leaf: AggregateLeaf, rows: readonly Row[], world: World): boolean | null;
}

/** The column of time of a table. */
function timeOf(table: EventTable): CatalogField {
  const field = table.columns.find((column) => column.name === table.time);
  if (field === undefined) throw new Error(`${table.name} has no column ${table.time}`);
  return field;
}

/** The date of a row; null where its time is missing. */
export function dayOfRow(leaf: AggregateLeaf, row: Row, world: World): number | null {
  const field = timeOf(leaf.table);
  const time = readCell(field, row[field.name], world.clock);
  return time === null ? null : dayOfValue(field.type, time, world.clock);
}

/** The values of the leaf's field that are there. */
export function presentValues(leaf: AggregateLeaf, rows: readonly Row[], world: World): readonly Value[] {
  const { field } = leaf;
  if (field === undefined) throw new Error(`${leaf.operator} needs a field; only checked rules can be evaluated`);
  return rows.map((row) => readCell(field, row[field.name], world.clock)).filter((value) => value !== null);
}

/** Whether a computed value compares as the leaf says, by the operator of that name. */
export function computedHolds(leaf: AggregateLeaf, type: FieldType, value: Value, world: World): boolean | null {
  const field: CatalogField = { table: leaf.table.name, name: leaf.operator, type, nullable: true };
  const compared = { field, operator: leaf.compare, value: leaf.value, missing: 'unknown' } as const;
  return operatorOf(leaf.compare).evaluate(value, compared, world.clock);
}

/** Whether every partition that the leaf needs is there. */
export function isPresent(leaf: AggregateLeaf, world: Pick<World, 'events'>, today: number): boolean {
  const present = world.events(leaf.table.name)?.present ?? false;
  if (leaf.table.partitions === 'snapshot') return present === true;
  if (leaf.window === undefined) return false;
  const { from, to } = daysOfWindow(leaf.window, today);
  const days = new Set(typeof present === 'boolean' ? [] : present);
  for (let day = from; day <= Math.min(to, today); day += 1) if (!days.has(formatDay(day))) return false;
  return true;
}

function countedRows(leaf: AggregateLeaf, user: string, world: World, today: number): readonly Row[] {
  const rows = world.events(leaf.table.name)?.rowsOf(user) ?? [];
  const days = leaf.window === undefined ? null : daysOfWindow(leaf.window, today);
  return rows.filter((row) => {
    const day = days === null ? null : dayOfRow(leaf, row, world);
    if (days !== null && (day === null || !inWindow(day, days))) return false;
    return leaf.filter === undefined || evaluateRule(leaf.filter, (field) => row[field.name], world.clock) === 'T';
  });
}

function readTable(node: JsonObject, name: string, faults: NodeFaults, context: CheckContext): EventTable | null {
  const table = node.get('table');
  if (table === undefined) {
    faults.fail('KEY_MISSING', '', `\`${name}\` needs \`table\``);
    return null;
  }
  if (typeof table !== 'string') {
    faults.fail('TABLE_UNKNOWN', '/table', '`table` is the name of an event table');
    return null;
  }
  if (context.catalog === null) return null;
  const found = context.catalog.tables.get(table);
  if (found !== undefined) return found;
  faults.fail('TABLE_UNKNOWN', '/table', `no event table \`${table.slice(0, 80)}\`${didYouMean(table, context.catalog.tables.keys())}`);
  return null;
}

function readColumn(node: JsonObject, own: Aggregate, table: EventTable | null, faults: NodeFaults): CatalogField | null {
  const name = node.get('field');
  if (own.field === 'none') return null;
  if (name === undefined) {
    if (own.field === 'must') faults.fail('KEY_MISSING', '', `\`${own.name}\` needs \`field\`, a column of its table`);
    return null;
  }
  if (typeof name !== 'string') {
    faults.fail('FIELD_UNKNOWN', '/field', '`field` is the name of a column');
    return null;
  }
  if (table === null) return null;
  const found = indexCatalog({ fields: table.columns }).find(name);
  if (!('field' in found)) {
    faults.fail(found.code, '/field', found.message);
    return null;
  }
  return checkTypes(node, found.field, { name: own.name, types: own.kinds }, faults) === null ? null : found.field;
}

function checkAggregate(own: Aggregate, node: JsonObject, faults: NodeFaults, context: CheckContext): AggregateLeaf | null {
  const fieldKeys = own.field === 'none' ? [] : node.has('field') ? ['field', 'type'] : ['field'];
  checkKeys(node, ['operator', 'note', 'table', 'compare', 'value', 'filter', 'window', 'missing', ...fieldKeys], faults);
  const table = readTable(node, own.name, faults, context);
  const field = readColumn(node, own, table, faults);
  const compare = readCompare(node, own.name, COMPARES, faults);
  const missing = readMissing(node, faults);
  const type = field === null ? null : (own.operandType?.(field.type) ?? field.type);
  const value = own.operand.read(node.get('value'), {
    type: type === null || type.kind === 'array' ? null : type,
    fieldName: field?.name ?? own.name,
    operator: own.name,
    compare: compare ?? null,
    fail: faults.fail,
  });
  const window = readWindow(node, table, faults);
  if (table === null) return null;
  const leaf: AggregateLeaf = {
    kind: 'aggregate',
    operator: own.name,
    table,
    ...(field === null ? {} : { field }),
    compare: compare ?? '=',
    value: value ?? '0',
    ...(window === undefined ? {} : { window }),
    missing,
  };
  if (value !== undefined) own.more?.(leaf, faults);
  return leaf;
}

/** An aggregate as an operator of the registry. */
export function aggregate(own: Aggregate): WideOperator {
  const { field: _field, kinds: _kinds, operand: _operand, operandType: _type, more: _more, holds: _holds, ...shown } = own;
  return wideOperator('aggregate', {
    ...shown,
    check: (node, faults, context) => checkAggregate(own, node, faults, context),
    evaluate(leaf, user, world) {
      const today = dayLiteral(world.clock.today);
      return isPresent(leaf, world, today) ? own.holds(leaf, countedRows(leaf, user, world, today), world) : null;
    },
  });
}
