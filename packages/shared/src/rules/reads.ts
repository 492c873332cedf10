/** What a rule reads. */
import type { CatalogField } from '../fields.ts';
import type { NormalLeaf, NormalRule, WholeRule, WideLeaf } from './normal.ts';

/** All leaves, in document order. */
export const leavesOf = (rule: NormalRule): readonly NormalLeaf[] => ('logic' in rule ? rule.conditions.flatMap(leavesOf) : [rule]);

/** All leaves of a rule of the whole language, in document order; not those of filters. */
export const wholeLeavesOf = (rule: WholeRule): readonly (NormalLeaf | WideLeaf)[] =>
  'logic' in rule ? rule.conditions.flatMap(wholeLeavesOf) : [rule];

/** The table whose rows of users a leaf reads; undefined for aggregates and tags. */
export const tableOfLeaf = (leaf: NormalLeaf | WideLeaf): string | undefined =>
  'kind' in leaf && (leaf.kind === 'aggregate' || leaf.kind === 'tag') ? undefined : leaf.field.table;

/** Every table that a leaf reads: event tables too, none for tags. */
export function tablesOfLeaf(leaf: NormalLeaf | WideLeaf): readonly string[] {
  if ('kind' in leaf) return leaf.kind === 'tag' ? [] : [leaf.kind === 'aggregate' ? leaf.table.name : leaf.field.table];
  return leaf.other === undefined ? [leaf.field.table] : [leaf.field.table, leaf.other.table];
}

/** Each table once, in the order of their first use; event tables too. */
export const wholeTablesOf = (rule: WholeRule): string[] => [...new Set(wholeLeavesOf(rule).flatMap(tablesOfLeaf))];

/** The rule as one of per-row operators, or null where it has others. */
export function rowRule(rule: WholeRule): NormalRule | null {
  if (!('logic' in rule)) return 'kind' in rule ? null : rule;
  const conditions = rule.conditions.map(rowRule).filter((child) => child !== null);
  return conditions.length === rule.conditions.length ? { ...rule, conditions } : null;
}

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
