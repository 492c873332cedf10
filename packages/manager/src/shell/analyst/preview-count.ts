/** Whether a preview can be counted without its users in order: the rules read one table, which is known to have one row a user. */
import type { PassTag, PlannedTable } from '@tagmill/shared/job';
import { wholeLeavesOf, wholeTablesOf } from '@tagmill/shared/rules/reads';
import { KEY_FIELD } from '@tagmill/shared/rules/key-leaves';
import type { ManagerState } from '../../core/state.ts';
import type { Basis } from './basis.ts';

/** Rows of a part, about: the first of them is an estimate well within a second. */
const PART_ROWS = 500_000;
const MOST_PARTS = 1_000;
/** Tables that previews have read whole, at most. */
const MOST_KEPT = 100;

const identityOf = ({ name, objects }: PlannedTable): string => JSON.stringify([name, objects.map(({ key, etag }) => [key, etag])]);

export class OneRowTables {
  readonly #read = new Set<string>();

  /** A preview has evaluated all users of the tables: none of them has a user twice. */
  learned(tables: readonly PlannedTable[]): void {
    for (const table of tables) this.#read.add(identityOf(table));
    for (const old of [...this.#read].slice(0, -MOST_KEPT)) this.#read.delete(old);
  }

  knows(state: ManagerState, table: PlannedTable): boolean {
    const identity = identityOf(table);
    if (this.#read.has(identity)) return true;
    const reads = (tag: PassTag): boolean => tag.reads.includes(table.name);
    return [...state.runs.values()].some((run) => {
      const same = run.plan?.tables.find(({ name }) => name === table.name);
      if (same === undefined || run.spec.users !== null || run.spec.days !== null || identityOf(same) !== identity) return false;
      return [...run.passTags.values()].some((tag) => {
        const row = reads(tag) ? run.index.find(`tag-${tag.tagId}`) : -1;
        return row >= 0 && run.stateAt(row) === 'succeeded';
      });
    });
  }
}

export interface Counted {
  readonly table: string;
  readonly parts: number;
  /** No row lacks its key. */
  readonly hasKeys: boolean;
}

/** Undefined: the shards are evaluated as in a run. */
export function countedOf(state: ManagerState, known: OneRowTables, basis: Basis, tags: readonly PassTag[]): Counted | undefined {
  const names = new Set(tags.flatMap((tag) => [...tag.reads, ...rulesOf(tag).flatMap(wholeTablesOf)]));
  const [name] = names;
  const table = names.size === 1 ? basis.plan.tables.find((one) => one.name === name) : undefined;
  if (table === undefined || tags.flatMap(rulesOf).some((rule) => wholeLeavesOf(rule).some((leaf) => 'kind' in leaf))) return undefined;
  if (!known.knows(state, table)) return undefined;
  const groups = table.objects.reduce((sum, { rowGroups }) => sum + rowGroups.length, 0);
  const hasKeys = basis.plan.facts?.find((one) => one.table === name && one.field === KEY_FIELD)?.nulls === 0;
  return { table: table.name, hasKeys, parts: Math.max(1, Math.min(groups, MOST_PARTS, Math.ceil(table.rows / PART_ROWS))) };
}

/** Rows of each part, as executors cut them: row group after row group, one to each in turn. */
export function rowsOfParts({ objects }: PlannedTable, parts: number): number[] {
  const rows = new Array<number>(parts).fill(0);
  const groups = objects.flatMap(({ rowGroups }) => rowGroups.filter((group) => group.rows > 0));
  for (const [at, group] of groups.entries()) rows[at % parts]! += group.rows;
  return rows;
}

const rulesOf = ({ rule, onlyUsers, onlyMatches }: PassTag) => [rule, ...onlyUsers, ...onlyMatches];

/** Numbers below `count` in an order of which every beginning is spread over all: what is counted first is a sample. */
export function spread(count: number): number[] {
  const bits = Math.max(1, Math.ceil(Math.log2(Math.max(2, count))));
  const reversed = (value: number): number => {
    let turned = 0;
    for (let bit = 0; bit < bits; bit += 1) if ((value & (1 << bit)) !== 0) turned |= 1 << (bits - 1 - bit);
    return turned;
  };
  return Array.from({ length: 2 ** bits }, (_, at) => reversed(at)).filter((at) => at < count);
}
