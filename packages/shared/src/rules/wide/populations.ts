/** What the operators over a population share. */
import type { CatalogField, FieldType, ScalarType } from '../../fields.ts';
import { type CheckContext, checkKeys, type NodeFaults } from '../check-context.ts';
import { readMissing } from '../check-options.ts';
import type { JsonObject } from '../json.ts';
import type { Missing, PopulationLeaf } from '../normal.ts';
import { DATES, NUMBERS } from '../operator.ts';
import { compareValues, type Value } from '../values.ts';
import { readTypedField } from './check-wide.ts';
import type { World } from './world.ts';

export const RANKED: readonly FieldType['kind'][] = [...NUMBERS, ...DATES];

/** The keys, field and `missing` that all have. */
export function readRanked(
  node: JsonObject,
  name: string,
  keys: readonly string[],
  faults: NodeFaults,
  context: CheckContext,
): { readonly field: CatalogField | null; readonly missing: Missing } {
  checkKeys(node, ['operator', 'note', 'field', 'type', 'value', 'missing', ...keys], faults);
  const field = readTypedField(node, { name, types: RANKED }, faults, context);
  return { field, missing: readMissing(node, faults) };
}

/** `order`; `otherwise` where it is absent, or a fault where it must be there. */
export function readOrder(node: JsonObject, name: string, otherwise: 'desc' | null, faults: NodeFaults): 'asc' | 'desc' {
  const order = node.get('order');
  if (order === 'asc' || order === 'desc') return order;
  if (order === undefined && otherwise !== null) return otherwise;
  if (order === undefined) faults.fail('KEY_MISSING', '', `\`${name}\` needs \`order\``);
  else faults.fail('OPTION_INVALID', '/order', '`order` is `asc` or `desc`');
  return 'desc';
}

export interface Rank {
  /** Users of the population. */
  readonly users: number;
  /** Users strictly before this one in the leaf's order. */
  readonly before: number;
}

/** Where a user stands; null where the value is missing. */
export function rankOf(leaf: PopulationLeaf, user: string, world: World): Rank | null {
  const own = world.value(user, leaf.field);
  if (own === null) return null;
  const type = leaf.field.type as ScalarType;
  const values = world.population(leaf.field);
  const users = values.length;
  if (leaf.order === 'asc') return { users, before: firstWhere(values, (value) => compareValues(type, value, own) >= 0) };
  return { users, before: users - firstWhere(values, (value) => compareValues(type, value, own) > 0) };
}

/** Place of the first of ordered values that holds, and all behind it; their number where none does. */
function firstWhere(values: readonly Value[], holds: (value: Value) => boolean): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(values[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
