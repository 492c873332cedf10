/** What makes two leaves the same condition, whatever their `missing` and their NOT. */
import type { NormalLeaf } from './normal.ts';

/** A key that equal leaves share; `operator` is that of the positive form. */
export const leafKey = (leaf: NormalLeaf, operator: string): string =>
  JSON.stringify([
    leaf.field.table,
    leaf.field.name,
    operator,
    leaf.value ?? null,
    leaf.case ?? 'exact',
    leaf.compare ?? null,
    leaf.other === undefined ? null : [leaf.other.table, leaf.other.name, leaf.factor ?? null, leaf.plus ?? null],
    leaf.salt ?? null,
  ]);
