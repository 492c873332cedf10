/**
 * Aggregates as SQL in three steps: which rows of the event table count, what is
 * made of a user's rows, and how that compares (operators.md 5). A user without
 * any row has NULL in every part, which the comparison reads as no rows.
 */
import type { CatalogField, RunClock, ScalarType } from '../../fields.ts';
import { DAY_MAX } from '../calendar.ts';
import { dayLiteral } from '../literals.ts';
import type { AggregateLeaf, NormalLeaf, NormalRule } from '../normal.ts';
import { listOf, operandType, textOf } from '../operator.ts';
import { operatorOf } from '../operators/registry.ts';
import { exact } from '../pairs.ts';
import { isRange } from '../quotients.ts';
import { fieldsOf } from '../reads.ts';
import { type ColumnNaming, compileRules } from '../sql.ts';
import { typeSql, windowSql } from '../sql-literals.ts';
import { localDateSql } from '../sql-zones.ts';
import { EXACT_DIGITS, widthOfType } from '../widths.ts';
import { daysOfWindow } from './windows.ts';

export interface AggregateSql {
  /** BOOLEAN over a row of the event table, of columns as declared: whether it counts. */
  readonly counted: string;
  /** Aggregates over a user's rows, and their types. */
  readonly parts: readonly { readonly sql: string; readonly type: string }[];
  /** Nullable BOOLEAN over the parts: what the leaf gives, `missing` applied. */
  readonly holds: string;
}

export interface AggregateNames {
  /** A column of the event table, of its declared type. */
  readonly column: ColumnNaming;
  /** The column that holds `counted`. */
  readonly counted: string;
  /** The column that holds a part. */
  part(at: number): string;
}

/** The time column of a leaf's table. */
export function timeField({ table }: AggregateLeaf): CatalogField {
  const field = table.columns.find((column) => column.name === table.time);
  if (field === undefined) throw new Error(`${table.name} has no column ${table.time}`);
  return field;
}

/** A rule as one expression. */
export function ruleSql(rule: NormalRule, clock: RunClock, column: ColumnNaming): string {
  const { leaves, tags } = compileRules([rule], clock, column);
  const byId = new Map(leaves.map((leaf) => [leaf.id, leaf.sql]));
  // Names of leaves are all that is quoted in the expression of a tag.
  return (tags[0] ?? '').replace(/"(l\d+)"/g, (_, id: string) => `(${byId.get(id)})`);
}

function countedSql(leaf: AggregateLeaf, clock: RunClock, column: ColumnNaming): string {
  const time = timeField(leaf);
  const days = leaf.window === undefined ? null : daysOfWindow(leaf.window, dayLiteral(clock.today));
  const conditions = [
    ...(days === null ? [] : [windowSql(column(time), time.type, days, clock)]),
    ...(leaf.filter === undefined ? [] : [ruleSql(leaf.filter, clock, column)]),
  ];
  return conditions.length === 0 ? 'TRUE' : `coalesce(${conditions.join(' AND ')}, FALSE)`;
}

/** The local date of a row; one outside of a window never counts, so its date may be any. */
function dayOfRowSql(leaf: AggregateLeaf, clock: RunClock, column: ColumnNaming): string {
  const time = timeField(leaf);
  if (time.type.kind !== 'timestamp') return column(time);
  const last = leaf.window === undefined ? DAY_MAX : daysOfWindow(leaf.window, dayLiteral(clock.today)).to;
  return localDateSql(column(time), clock.zone, Math.min(last, DAY_MAX));
}

/** How a computed value compares, by the operator of that name. */
function compareSql(leaf: AggregateLeaf, type: ScalarType, sql: string, clock: RunClock): string {
  const field: CatalogField = { table: leaf.table.name, name: leaf.operator, type, nullable: true };
  const compared: NormalLeaf = { field, operator: leaf.compare, value: leaf.value, missing: 'unknown' };
  return operatorOf(leaf.compare).sql(sql, compared, clock);
}

const scaleOf = (leaf: AggregateLeaf): number => widthOfType(operandType(leaf.field!.type))?.fraction ?? 0;

const wide = (sql: string, scale: number): string => `CAST(${sql} AS DECIMAL(${EXACT_DIGITS},${scale}))`;

/** sum / count op v is sum op v × count: never rounded, and the check has seen that the digits suffice. */
function averageSql(leaf: AggregateLeaf, sum: string, count: string): string {
  const one = (comparison: string, literal: string): string => {
    const { scale } = exact(literal);
    const most = Math.max(scaleOf(leaf), scale);
    const product = `(${wide(`'${literal}'`, scale)} * ${wide(count, 0)})`;
    return `(${wide(sum, most)} ${comparison} ${wide(product, most)})`;
  };
  const compared = { operator: leaf.operator, value: leaf.value, compare: leaf.compare };
  if (!isRange(compared)) return one(leaf.compare === '!=' ? '<>' : leaf.compare, textOf(compared));
  const [low, high] = listOf(compared);
  const inside = `(${one('>=', low ?? '')} AND ${one('<=', high ?? '')})`;
  return leaf.compare === 'in_range' ? inside : `(NOT ${inside})`;
}

/** The type of the sum of a leaf's column. */
const sumType = (leaf: AggregateLeaf): string =>
  leaf.field?.type.kind === 'decimal' ? `DECIMAL(${EXACT_DIGITS},${scaleOf(leaf)})` : 'HUGEINT';

const INT64: ScalarType = { kind: 'int64' };

/** Parts and comparison of one operator. */
function operatorSql(leaf: AggregateLeaf, clock: RunClock, names: AggregateNames): Omit<AggregateSql, 'counted'> {
  const over = (aggregate: string, type = 'BIGINT') => ({ sql: `${aggregate} FILTER (WHERE ${names.counted})`, type });
  const value = leaf.field === undefined ? '' : names.column(leaf.field);
  const counting = (aggregate: string): Omit<AggregateSql, 'counted'> => ({
    parts: [over(aggregate)],
    holds: compareSql(leaf, INT64, `coalesce(${names.part(0)}, CAST(0 AS BIGINT))`, clock),
  });
  switch (leaf.operator) {
    case 'count':
      return counting(leaf.field === undefined ? 'count(*)' : `count(${value})`);
    case 'count_distinct':
      // −0 and 0 are one value.
      return counting(`count(DISTINCT ${leaf.field?.type.kind === 'double' ? `(${value} + CAST(0 AS DOUBLE))` : value})`);
    case 'days_active':
      return counting(`count(DISTINCT ${dayOfRowSql(leaf, clock, names.column)})`);
    case 'sum': {
      const scale = scaleOf(leaf);
      const sum = `(CASE WHEN coalesce(${names.part(1)}, 0) = 0 THEN ${wide('0', scale)} ELSE ${wide(names.part(0), scale)} END)`;
      const type: ScalarType = { kind: 'decimal', precision: EXACT_DIGITS, scale };
      return { parts: [over(`sum(${value})`, sumType(leaf)), over('count(*)')], holds: compareSql(leaf, type, sum, clock) };
    }
    case 'avg':
      return {
        parts: [over(`sum(${value})`, sumType(leaf)), over(`count(${value})`)],
        holds: averageSql(leaf, names.part(0), names.part(1)),
      };
    case 'min':
    case 'max':
      return {
        parts: [over(`${leaf.operator}(${value})`, typeSql(leaf.field!.type))],
        holds: compareSql(leaf, operandType(leaf.field!.type), names.part(0), clock),
      };
    default:
      throw new Error(`no aggregate ${leaf.operator}; only checked rules can be evaluated`);
  }
}

/** A leaf whose partitions are there. */
export function aggregateSql(leaf: AggregateLeaf, clock: RunClock, names: AggregateNames): AggregateSql {
  const { parts, holds } = operatorSql(leaf, clock, names);
  return { counted: countedSql(leaf, clock, names.column), parts, holds: withMissing(leaf, holds) };
}

/** A nullable BOOLEAN with the leaf's word for UNKNOWN. */
export const withMissing = (leaf: Pick<NormalLeaf, 'missing'>, sql: string): string =>
  leaf.missing === 'unknown' ? sql : `COALESCE(${sql}, ${leaf.missing === 'match' ? 'TRUE' : 'FALSE'})`;

/** Every column of the event table that a leaf reads, once. */
export function columnsOfAggregate(leaf: AggregateLeaf): readonly CatalogField[] {
  const needsTime = leaf.window !== undefined || leaf.operator === 'days_active';
  const fields = [
    ...(leaf.field === undefined ? [] : [leaf.field]),
    ...(needsTime ? [timeField(leaf)] : []),
    ...(leaf.filter === undefined ? [] : fieldsOf(leaf.filter)),
  ];
  return [...new Map(fields.map((field) => [field.name, field])).values()];
}
