/** Full outer join of sorted key columns. */
import { compareKeys, type RankedKeys } from './keys.ts';
import type { Scratch } from './scratch.ts';

/** `rowOf[t][u]` is user u's row in table t, or -1; `source[u]` a table that has the user. */
export interface Merged {
  readonly users: number;
  readonly rowOf: readonly Int32Array[];
  readonly source: Uint16Array;
}

/** Joins columns of one range, each sorted and without repeats. */
export function mergeKeys(tables: readonly RankedKeys[], scratch: Scratch): Merged {
  const most = tables.reduce((sum, { keys }) => sum + keys.count, 0);
  const rowOf = tables.map((_, t) => scratch.int32(`rowOf${t}`, most));
  const source = scratch.uint16('source', most);
  const users = isExact(tables) ? joinExact(tables, rowOf, source) : joinRanks(tables, rowOf, source);
  return { users, rowOf: rowOf.map((rows) => rows.subarray(0, users)), source: source.subarray(0, users) };
}

/** Whether two keys are the same when their ranks are. */
function isExact(tables: readonly RankedKeys[]): boolean {
  const filled = tables.filter(({ keys }) => keys.count > 0);
  return filled.every(({ exactLength }) => exactLength >= 0 && exactLength === filled[0]!.exactLength);
}

/**
 * The loop where ranks tell everything. Who has a table is as good as random,
 * so a row is taken by arithmetic: a jump would be guessed wrong too often.
 */
function joinExact(tables: readonly RankedKeys[], rowOf: readonly Int32Array[], source: Uint16Array): number {
  const [only] = tables;
  if (tables.length === 1 && only !== undefined) return eachRow(only.keys.count, rowOf[0]!, source);
  const count = tables.length;
  const ranks = tables.map((table) => table.ranks);
  const rows = Int32Array.from(tables, ({ keys }) => keys.count);
  const next = new Int32Array(count);
  /** Rank of each table's next key; infinite when it has none. */
  const head = Float64Array.from(ranks, (own, t) => (rows[t]! > 0 ? own[0]! : Number.POSITIVE_INFINITY));
  for (let users = 0; ; users += 1) {
    let rank = head[0]!;
    for (let t = 1; t < count; t += 1) rank = Math.min(rank, head[t]!);
    if (rank === Number.POSITIVE_INFINITY) return users;
    let first = 0;
    for (let t = count - 1; t >= 0; t -= 1) {
      const has = Number(head[t]! === rank);
      const row = next[t]!;
      rowOf[t]![users] = (row + 1) * has - 1;
      next[t] = row + has;
      first += (t - first) * has;
      head[t] = row + has < rows[t]! ? ranks[t]![row + has]! : Number.POSITIVE_INFINITY;
    }
    source[users] = first;
  }
}

/** One table: its rows are the users. */
function eachRow(count: number, rowOf: Int32Array, source: Uint16Array): number {
  for (let row = 0; row < count; row += 1) rowOf[row] = row;
  source.fill(0, 0, count);
  return count;
}

/** The loop over users: about 20 ns for each user and table, so it makes nothing new. */
function joinRanks(tables: readonly RankedKeys[], rowOf: readonly Int32Array[], source: Uint16Array): number {
  const ranks = tables.map((table) => table.ranks);
  const count = tables.length;
  const next = new Int32Array(count);
  /** Rank of each table's next key; infinite when it has none. */
  const head = Float64Array.from(ranks, (own) => own[0] ?? Number.POSITIVE_INFINITY);
  /** Tables whose next key equals the smallest so far carry its number. */
  const group = new Int32Array(count);
  let current = 0;
  for (let users = 0; ; users += 1) {
    let best = -1;
    let rank = Number.POSITIVE_INFINITY;
    for (let t = 0; t < count; t += 1) {
      const own = head[t]!;
      if (own > rank || own === Number.POSITIVE_INFINITY) continue;
      const order = own < rank ? -1 : compareHeads(tables, next, t, best);
      if (order > 0) continue;
      if (order < 0) {
        best = t;
        rank = own;
        current = (current + 1) | 0;
      }
      group[t] = current;
    }
    if (best < 0) return users;
    for (let t = 0; t < count; t += 1) {
      if (group[t]! !== current) {
        rowOf[t]![users] = -1;
        continue;
      }
      const row = next[t]!;
      rowOf[t]![users] = row;
      next[t] = row + 1;
      const own = ranks[t]!;
      head[t] = row + 1 < own.length ? own[row + 1]! : Number.POSITIVE_INFINITY;
    }
    source[users] = best;
  }
}

function compareHeads(tables: readonly RankedKeys[], next: Int32Array, t: number, best: number): number {
  const { keys, known } = tables[t]!;
  return compareKeys(keys, next[t]!, tables[best]!.keys, next[best]!, known);
}
