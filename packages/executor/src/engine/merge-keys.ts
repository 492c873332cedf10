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
  const users = joinRanks(tables, rowOf, source);
  return { users, rowOf: rowOf.map((rows) => rows.subarray(0, users)), source: source.subarray(0, users) };
}

/** The loop over users: about 20 ns for each user and table, so it makes nothing new. */
function joinRanks(tables: readonly RankedKeys[], rowOf: readonly Int32Array[], source: Uint16Array): number {
  const filled = tables.filter(({ keys }) => keys.count > 0);
  const exact = filled.every(({ exactLength }) => exactLength >= 0 && exactLength === filled[0]!.exactLength);
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
      const order = own < rank ? -1 : exact ? 0 : compareHeads(tables, next, t, best);
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
