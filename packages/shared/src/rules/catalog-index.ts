/** Looking up fields by the names that rules use. */
import type { CatalogField, CatalogTag, EventTable, FieldCatalog, NamedList } from '../fields.ts';
import { KEY_FIELD } from './key-leaves.ts';
import { didYouMean } from './suggest.ts';

type FieldLookup = { readonly field: CatalogField } | { readonly code: 'FIELD_UNKNOWN' | 'FIELD_AMBIGUOUS'; readonly message: string };

export interface CatalogIndex {
  readonly tables: ReadonlyMap<string, EventTable>;
  readonly tags: ReadonlyMap<string, CatalogTag>;
  readonly lists: ReadonlyMap<string, NamedList>;
  find(name: string): FieldLookup;
}

/** Unknown names of one rule that get a suggestion: each costs a look at all fields, and a rule may have 2,000. */
const SUGGESTIONS = 50;

export function indexCatalog(catalog: FieldCatalog): CatalogIndex {
  const byName = new Map<string, CatalogField[]>();
  const byTable = new Map<string, CatalogField>();
  for (const field of catalog.fields) {
    byName.set(field.name, [...(byName.get(field.name) ?? []), field]);
    byTable.set(`${field.table}.${field.name}`, field);
  }
  let suggestions = 0;
  const usable = (field: CatalogField): FieldLookup =>
    field.unusable === undefined
      ? { field }
      : { code: 'FIELD_UNKNOWN', message: `\`${field.name}\` of ${field.table} cannot be used in a rule: ${field.unusable}` };
  return {
    tables: new Map((catalog.tables ?? []).map((table) => [table.name, table])),
    tags: new Map((catalog.tags ?? []).map((tag) => [tag.id, tag])),
    lists: new Map((catalog.lists ?? []).map((list) => [list.name, list])),
    find(name) {
      const [first, ...others] = byName.get(name) ?? [];
      // The user's key is the same in every table, so its bare name is never ambiguous.
      if (first !== undefined && (others.length === 0 || name === KEY_FIELD)) return usable(first);
      if (first !== undefined) {
        const tables = [first, ...others].map((field) => field.table);
        const message = `\`${name}\` is in ${tables.join(' and ')}; write \`${first.table}.${name}\` or the like`;
        return { code: 'FIELD_AMBIGUOUS', message };
      }
      const qualified = byTable.get(name);
      if (qualified !== undefined) return usable(qualified);
      suggestions += 1;
      const known = suggestions > SUGGESTIONS ? [] : name.includes('.') ? byTable.keys() : byName.keys();
      return { code: 'FIELD_UNKNOWN', message: `no field \`${name.slice(0, 80)}\`${didYouMean(name, known)}` };
    },
  };
}
