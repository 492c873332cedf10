/** What a rule reads. */
import type { CatalogField } from '../fields.ts';
import type { NormalLeaf, NormalRule } from './normal.ts';

/** All leaves, in document order. */
export const leavesOf = (rule: NormalRule): readonly NormalLeaf[] => ('logic' in rule ? rule.conditions.flatMap(leavesOf) : [rule]);

/** Each field once, in the order of their first use. */
export function fieldsOf(rule: NormalRule): CatalogField[] {
  const fields = new Map<string, CatalogField>();
  for (const field of leavesOf(rule).flatMap((leaf) => (leaf.other === undefined ? [leaf.field] : [leaf.field, leaf.other]))) {
    const key = JSON.stringify([field.table, field.name]);
    if (!fields.has(key)) fields.set(key, field);
  }
  return [...fields.values()];
}

/** Each table once, in the order of their first use. */
export const tablesOf = (rule: NormalRule): string[] => [...new Set(fieldsOf(rule).map((field) => field.table))];
