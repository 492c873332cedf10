/**
 * Conditions on the bare `user_id`: the user's key, whatever table has the user.
 * A scan knows only the keys of its own table, so such a condition is asked of
 * every table that the rest of the rule reads; all that have the user agree.
 */
import type { CatalogField, FieldCatalog } from '../fields.ts';
import type { NormalLeaf, NormalRule, WholeRule } from './normal.ts';
import { tableOfLeaf, wholeLeavesOf } from './reads.ts';

/** The key's column in every table. */
export const KEY_FIELD = 'user_id';

/** The rule with each of `keyLeaves` spread over the tables that its other leaves read, or over all when there are none. */
export function spreadKeyLeaves(rule: WholeRule, keyLeaves: ReadonlySet<unknown>, catalog: FieldCatalog): WholeRule {
  if (keyLeaves.size === 0) return rule;
  const others = wholeLeavesOf(rule).filter((leaf) => !keyLeaves.has(leaf));
  const tables = new Set(others.flatMap((leaf) => tableOfLeaf(leaf) ?? []));
  const keys = catalog.fields.filter(
    (field) => field.name === KEY_FIELD && field.unusable === undefined && (tables.size === 0 || tables.has(field.table)),
  );
  const spread = (node: WholeRule): WholeRule => {
    if ('logic' in node) return { ...node, conditions: node.conditions.map(spread) };
    return keyLeaves.has(node) && !('kind' in node) ? overTables(node, keys) : node;
  };
  return spread(rule);
}

/** A user is in one of the tables at least: where they are not, the condition must not decide. */
function overTables(leaf: NormalLeaf, keys: readonly CatalogField[]): NormalRule {
  const [first, ...others] = keys;
  if (first === undefined) return leaf;
  if (others.length === 0) return { ...leaf, field: first };
  const absence = leaf.operator === 'is_null';
  const missing = absence || leaf.operator === 'is_not_null' ? leaf.missing : 'no_match';
  return { logic: absence ? 'AND' : 'OR', conditions: keys.map((field) => ({ ...leaf, field, missing })) };
}
