/** Comparisons of fields that lie in two tables: the two are joined by user. */
import type { CatalogField, RunClock } from '@tagmill/shared/fields';
import type { PlannedTable } from '@tagmill/shared/job';
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import { identifier } from '../duckdb.ts';
import { leafSql, readColumn } from '../leaf-sql.ts';
import type { ReadColumn } from '../scan-sql.ts';
import { joinedName, sideBySide } from './derived-table.ts';
import type { DerivedDraft, DerivedPassTable } from './drafts.ts';

/** Whether a leaf compares fields of two tables. */
export const isAcrossTables = (leaf: NormalLeaf): leaf is NormalLeaf & { readonly other: CatalogField } =>
  leaf.other !== undefined && leaf.other.table !== leaf.field.table;

/** All comparisons between two tables, in either direction. */
export class PairDraft implements DerivedDraft {
  readonly leaves: { readonly node: NormalLeaf; slot: number }[] = [];
  readonly #tables: readonly [PlannedTable, PlannedTable];
  readonly #fields: readonly [Map<string, CatalogField>, Map<string, CatalogField>] = [new Map(), new Map()];

  constructor(tables: readonly [PlannedTable, PlannedTable]) {
    this.#tables = tables;
  }

  add(node: NormalLeaf & { readonly other: CatalogField }): { slot: number } {
    for (const field of [node.field, node.other]) this.#fields[field.table === this.#tables[0].name ? 0 : 1].set(field.name, field);
    const leaf = { node, slot: -1 };
    this.leaves.push(leaf);
    return leaf;
  }

  table(clock: RunClock): DerivedPassTable {
    const names = [this.#tables[0].name, this.#tables[1].name] as const;
    const columnsOf = (at: 0 | 1): ReadColumn[] => [...this.#fields[at].values()].map((field) => readColumn(field, clock));
    const own = [columnsOf(0), columnsOf(1)] as const;
    const columns = own.flatMap((list, at) => list.map((column) => ({ ...column, name: joinedName(names[at]!, column.name) })));
    const column = (field: CatalogField): string => identifier(joinedName(field.table, field.name));
    return {
      table: { name: names.join(' and '), objects: [], rows: 0 },
      columns,
      leaves: this.leaves.map(({ node }) => leafSql(node, clock, column)),
      firstSlot: this.leaves[0]?.slot ?? 0,
      derived: sideBySide(names, [
        { table: this.#tables[0], columns: own[0] },
        { table: this.#tables[1], columns: own[1] },
      ]),
    };
  }
}
