/** The check of a condition that reads more than the user's row (operators.md 5). */
import type { CatalogField, FieldType } from '../../fields.ts';
import { type CheckContext, checkNote, type NodeFaults } from '../check-context.ts';
import { readField } from '../check-field.ts';
import { checkTypes } from '../check-types.ts';
import { indexCatalog } from '../catalog-index.ts';
import type { JsonObject } from '../json.ts';
import type { WideLeaf } from '../normal.ts';
import type { OperandContext } from '../operand.ts';
import { rowRule } from '../reads.ts';
import type { WideOperator } from './wide-operator.ts';

/** Checks such a condition, and the filter of an aggregate behind it. */
export function checkWideLeaf(
  node: JsonObject,
  path: string,
  operator: WideOperator,
  faults: NodeFaults,
  context: CheckContext,
): WideLeaf | null {
  checkNote(node.get('note'), faults);
  const leaf = operator.check(node, faults, context);
  const sound = faults.close();
  if (operator.group !== 'aggregate' || !node.has('filter')) return sound ? leaf : null;
  const lists = context.catalog === null ? [] : [...context.catalog.lists.values()];
  const columns = leaf?.kind === 'aggregate' ? indexCatalog({ fields: leaf.table.columns, lists }) : null;
  const own: CheckContext = { ...context, catalog: columns, inFilter: true, keyLeaves: new Set() };
  const filter = context.checkNode(node.get('filter') ?? null, `${path}/filter`, own);
  const rule = filter === null ? null : rowRule(filter);
  return sound && leaf?.kind === 'aggregate' && rule !== null ? { ...leaf, filter: rule } : null;
}

/** The field of a change or population operator, its type checked. */
export function readTypedField(
  node: JsonObject,
  operator: { readonly name: string; readonly types: readonly FieldType['kind'][] },
  faults: NodeFaults,
  context: CheckContext,
): CatalogField | null {
  const field = readField(node, faults, context);
  return field === null || checkTypes(node, field, operator, faults) === null ? null : field;
}

/** How an operand is read that meets no field of its own. */
export const operandOf = (operator: string, faults: NodeFaults): OperandContext => ({
  type: null,
  fieldName: '',
  operator,
  compare: null,
  fail: faults.fail,
});
