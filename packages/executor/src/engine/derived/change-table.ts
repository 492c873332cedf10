/** Changes against earlier data: a table as it is now beside the same table as it was, by user. */
import type { CatalogField, RunClock } from '@tagmill/shared/fields';
import type { PinnedObject, PlannedTable } from '@tagmill/shared/job';
import type { ChangeLeaf } from '@tagmill/shared/rules/normal';
import { changeSql } from '@tagmill/shared/rules/wide/change-sql';
import { identifier } from '../duckdb.ts';
import { readColumn } from '../leaf-sql.ts';
import { joinedName, sideBySide } from './derived-table.ts';
import type { DerivedDraft, DerivedPassTable } from './drafts.ts';

const NAMES = ['now', 'before'] as const;

export class ChangeDraft implements DerivedDraft {
  readonly leaves: { readonly node: ChangeLeaf; slot: number }[] = [];
  readonly #now: PlannedTable;
  readonly #before: PlannedTable;
  readonly #since: string;
  readonly #fields = new Map<string, CatalogField>();

  /** `before` undefined: there is no such data, and every change is unknown. */
  constructor(since: string, now: PlannedTable, before: PlannedTable | undefined) {
    this.#since = since;
    this.#now = now;
    this.#before = before ?? { name: now.name, objects: [], rows: 0 };
  }

  add(node: ChangeLeaf): { slot: number } {
    this.#fields.set(node.field.name, node.field);
    const leaf = { node, slot: -1 };
    this.leaves.push(leaf);
    return leaf;
  }

  table(clock: RunClock): DerivedPassTable {
    const fields = [...this.#fields.values()];
    const columns = fields.map((field) => readColumn(field, clock));
    const before = { ...this.#before, objects: this.#before.objects.map((object) => withoutOthers(object, fields)) };
    const column = (at: 0 | 1, field: CatalogField): string => identifier(joinedName(NAMES[at], field.name));
    return {
      table: { name: `${this.#now.name} since ${this.#since}`, objects: [], rows: 0 },
      columns: NAMES.flatMap((name) => columns.map((one) => ({ ...one, name: joinedName(name, one.name) }))),
      leaves: this.leaves.map(({ node }) => changeSql(node, column(0, node.field), column(1, node.field))),
      firstSlot: this.leaves[0]?.slot ?? 0,
      derived: sideBySide(NAMES, [
        { table: this.#now, columns },
        { table: before, columns },
      ]),
    };
  }
}

/** A column that was of another kind then has no value that could be compared. */
function withoutOthers(object: PinnedObject, fields: readonly CatalogField[]): PinnedObject {
  const now = new Map(fields.map((field) => [field.name, field]));
  const columns = object.columns.filter((column) => {
    const field = now.get(column.name);
    return field === undefined || (field.type.kind === column.type.kind && field.stored === column.stored);
  });
  return { ...object, columns };
}
