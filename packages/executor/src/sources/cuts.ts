/** Where the key space is cut into shards of about equal users. */
import { TagmillError } from '@tagmill/shared/errors';
import { LIMITS } from '@tagmill/shared/limits';
import type { PlannedTable } from '@tagmill/shared/job';
import { compareUtf8, type KeyCompare, type KeyRange, type KeyType, keyCompare } from './key-order.ts';

/** Keys in ascending order without repeats. */
export interface KeyList {
  readonly length: number;
  at(index: number): string;
}

/** Reads key columns; the engine's part of planning. */
export interface KeyReader {
  /**
   * Distinct keys of the tables together, ascending; of each file only every
   * `every`-th row. Errors: TABLE_UNREADABLE with `facts.table`, those of reading.
   */
  distinctKeys(
    tables: readonly PlannedTable[],
    keyType: KeyType,
    options: { readonly every: number; readonly range?: KeyRange },
    signal?: AbortSignal,
  ): Promise<KeyList>;
}

/** Up to so many rows of all tables the keys are read and counted; above, estimated from the footers. */
const EXACT_ROWS = 2_000_000;
/** Keys in a sample, about. */
const SAMPLE_KEYS = 500_000;
/** How far from the ideal place a plain key is looked for, as a part of a shard. */
const NEIGHBOURS_PER_SHARD = 0.25;
/** Row groups that overlap by more than this part are no use for cutting. */
const OVERLAP_ALLOWED = 0.02;

export interface Cuts {
  readonly cuts: readonly string[];
  readonly usersEstimate: number;
}

/**
 * A key is plain when a database compares it as we do at its ends: no control
 * character and no space anywhere (padding collations).
 */
export function isPlain(key: string): boolean {
  for (let i = 0; i < key.length; i += 1) if (key.charCodeAt(i) < 0x21) return false;
  return key !== '';
}

/** The shortest prefix of `key`, by whole characters, that is still after `before`. */
export function shortestAfter(before: string, key: string): string {
  let end = 0;
  for (const character of key) {
    end += character.length;
    const prefix = key.slice(0, end);
    if (compareUtf8(prefix, before) > 0) return prefix;
  }
  return key;
}

/** Cuts a list of keys into `shards` parts of equal length, a few fewer where no plain key is near. */
export function cutKeys(keys: KeyList, shards: number, keyType: KeyType): string[] {
  const cuts: string[] = [];
  const reach = Math.max(1, Math.floor((keys.length / shards) * NEIGHBOURS_PER_SHARD));
  const compare = keyCompare(keyType);
  for (let shard = 1; shard < shards; shard += 1) {
    const cut = cutNear(keys, Math.round((keys.length * shard) / shards), reach, keyType);
    const last = cuts.at(-1);
    if (cut !== undefined && (last === undefined || compare(cut, last) > 0)) cuts.push(cut);
  }
  return cuts;
}

function cutNear(keys: KeyList, ideal: number, reach: number, keyType: KeyType): string | undefined {
  for (let step = 0; step <= 2 * reach; step += 1) {
    const index = ideal + (step % 2 === 0 ? step / 2 : -(step + 1) / 2);
    if (index < 1 || index >= keys.length) continue;
    const cut = keyType === 'int64' ? keys.at(index) : shortestAfter(keys.at(index - 1), keys.at(index));
    if (isPlain(cut)) return cut;
  }
  return undefined;
}

/** Shards for so many users: at least one. */
export function shardCount(users: number, shardRows: number): number {
  const shards = Math.max(1, Math.ceil(users / shardRows));
  if (shards > LIMITS.shardsPerPass) {
    const least = Math.ceil(users / LIMITS.shardsPerPass);
    throw new TagmillError(
      'USAGE',
      `${users} users in shards of ${shardRows} make ${shards} shards; ${LIMITS.shardsPerPass} are allowed: use --shard-rows ${least} or more`,
    );
  }
  return shards;
}

/** Cuts the key space of the tables: the same tables and number give the same cuts. */
export async function cutTables(
  tables: readonly PlannedTable[],
  keyType: KeyType,
  shardRows: number,
  reader: KeyReader,
  signal?: AbortSignal,
): Promise<Cuts> {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  if (rows === 0) return { cuts: [], usersEstimate: 0 };
  if (rows <= EXACT_ROWS) {
    const keys = await reader.distinctKeys(tables, keyType, { every: 1 }, signal);
    return { cuts: cutKeys(keys, shardCount(keys.length, shardRows), keyType), usersEstimate: keys.length };
  }
  const largest = tables.reduce((a, b) => (b.rows > a.rows ? b : a));
  const compare = keyCompare(keyType);
  const groups = narrowGroups(largest, compare);
  const usersEstimate = groups === undefined ? largest.rows : await estimateUsers(tables, largest, groups, keyType, reader, signal);
  const shards = shardCount(usersEstimate, shardRows);
  const fine = groups?.every((group) => group.rows * 2 <= shardRows) ?? false;
  if (groups !== undefined && fine) return { cuts: cutAtGroups(groups, shards, keyType, compare), usersEstimate };
  // The sample is of the largest table alone: its keys stand for those of the others.
  const keys = await reader.distinctKeys([largest], keyType, { every: Math.max(1, Math.floor(largest.rows / SAMPLE_KEYS)) }, signal);
  return { cuts: cutKeys(keys, shards, keyType), usersEstimate };
}

interface Group {
  readonly minKey: string;
  readonly maxKey: string;
  readonly rows: number;
}

/** The table's row groups by key, when each has known bounds and they hardly overlap; otherwise undefined. */
function narrowGroups(table: PlannedTable, compare: KeyCompare): Group[] | undefined {
  const groups: Group[] = [];
  for (const object of table.objects) {
    for (const { minKey, maxKey, rows } of object.rowGroups) {
      if (rows === 0) continue;
      if (minKey === undefined || maxKey === undefined) return undefined;
      groups.push({ minKey, maxKey, rows });
    }
  }
  groups.sort((a, b) => compare(a.minKey, b.minKey) || compare(a.maxKey, b.maxKey));
  let overlapping = 0;
  groups.forEach((group, index) => {
    const next = groups[index + 1];
    if (next !== undefined && compare(next.minKey, group.maxKey) <= 0) overlapping += 1;
  });
  return overlapping <= groups.length * OVERLAP_ALLOWED ? groups : undefined;
}

/** Cuts between row groups, nearest to equal parts: a row group is then read by one shard. */
function cutAtGroups(groups: readonly Group[], shards: number, keyType: KeyType, compare: KeyCompare): string[] {
  const total = groups.reduce((sum, group) => sum + group.rows, 0);
  const cuts: string[] = [];
  let before = 0;
  for (let index = 1; index < groups.length && cuts.length < shards - 1; index += 1) {
    const previous = groups[index - 1]!;
    const group = groups[index]!;
    before += previous.rows;
    const ideal = (total * (cuts.length + 1)) / shards;
    // Wait for the boundary nearest to the ideal place.
    if (before + group.rows / 2 < ideal) continue;
    const cut = keyType === 'int64' ? group.minKey : shortestAfter(previous.maxKey, group.minKey);
    const last = cuts.at(-1);
    if (isPlain(cut) && (last === undefined || compare(cut, last) > 0)) cuts.push(cut);
  }
  return cuts;
}

/** Row groups in which the users of all tables are counted. */
const WINDOWS = 2;

/**
 * Users in all tables together: the largest table's rows, times how many more
 * users there are than its own in a few of its row groups. The others' key
 * columns are read there, when that is little.
 */
async function estimateUsers(
  tables: readonly PlannedTable[],
  largest: PlannedTable,
  groups: readonly Group[],
  keyType: KeyType,
  reader: KeyReader,
  signal?: AbortSignal,
): Promise<number> {
  const narrow = tables.filter((table) => table === largest || narrowGroups(table, keyCompare(keyType)) !== undefined);
  if (narrow.length < 2) return largest.rows;
  let own = 0;
  let union = 0;
  for (let window = 1; window <= WINDOWS; window += 1) {
    const at = Math.floor((groups.length * window) / (WINDOWS + 1));
    const from = groups[at]?.minKey;
    const to = groups[at + 1]?.minKey;
    if (from === undefined || to === undefined) return largest.rows;
    own += groups[at]!.rows;
    union += (await reader.distinctKeys(narrow, keyType, { every: 1, range: { from, to } }, signal)).length;
  }
  return Math.max(largest.rows, Math.round((largest.rows * union) / own));
}
