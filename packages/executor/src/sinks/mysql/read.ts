/** What `user_tags` holds for the users of a batch. */
import type { BatchMerge, RowsUnderLock } from '@tagmill/shared/merge/batch-merge';
import { rangeRowsAtMost, SURELY_DENSE_USERS } from '@tagmill/shared/merge/density';
import { MARK_TEXT } from '@tagmill/shared/merge/unknown-mark';
import type { Session } from './session.ts';
import { type TargetTable, keyLiteral } from './target.ts';

/** Keys in one IN list: long enough to hide the round trip, short enough for any optimizer. */
export const LOOKUP_KEYS = 2_000;
const SPACE = 0x20;

/** `marked`: `1` where the row may have marks of runs in which its user was UNKNOWN. */
type See = (key: Buffer, tagIds: Buffer | null, marked: Buffer | null | undefined) => void;

const columnsOf = (merge: BatchMerge): string =>
  merge.readsMarks ? `user_id, tag_ids, COALESCE(INSTR(tag_details, '${MARK_TEXT}') > 0, 0)` : 'user_id, tag_ids';

/**
 * Tells the merge every row that the target holds for its users.
 *
 * Where keys compare as their bytes do, one range read between the first and
 * the last key; a key with a control character or a trailing space sorts
 * elsewhere there, and is looked up, as are all keys under other collations.
 * Which user a row belongs to is always decided by bytes.
 *
 * Resolves to the keys met that end with a space, for `findConflicts`.
 */
export async function readHeld(session: Session, table: TargetTable, merge: BatchMerge, dense: boolean): Promise<Buffer[]> {
  const rows = Array.from({ length: merge.batch.count }, (_, row) => row);
  const spaced: Buffer[] = [];
  const see: See = (key, tagIds, marked) => {
    if (key[key.length - 1] === SPACE) spaced.push(key);
    const row = merge.find(key);
    if (row >= 0) merge.see(row, tagIds === null ? null : tagIds.toString('latin1'), marked?.toString('latin1') === '1');
  };
  if (!table.byteOrdered || !dense || !(await isDense(session, table, merge))) {
    await lookUp(session, table, merge, rows, see);
    return spaced;
  }
  const plain = table.padSpace ? rows.filter((row) => isPlain(merge.key(row))) : rows;
  if (plain.length > 0) {
    const first = keyLiteral(table, merge.key(plain[0]!));
    const last = keyLiteral(table, merge.key(plain.at(-1)!));
    const sql = `SELECT ${columnsOf(merge)} FROM user_tags FORCE INDEX (\`${table.index}\`) WHERE user_id BETWEEN ${first} AND ${last}`;
    await session.each(sql, ([key, tagIds, marked]) => see(key!, tagIds!, marked));
  }
  if (plain.length < rows.length) {
    const others = rows.filter((row) => !isPlain(merge.key(row)));
    await lookUp(session, table, merge, others, see);
  }
  return spaced;
}

/** Whether a range read would meet about the batch's own rows, and not many times as many. */
async function isDense(session: Session, table: TargetTable, merge: BatchMerge): Promise<boolean> {
  const { count } = merge.batch;
  if (count >= SURELY_DENSE_USERS) return true;
  const most = rangeRowsAtMost(count);
  const [first, last] = [keyLiteral(table, merge.key(0)), keyLiteral(table, merge.key(count - 1))];
  const sql = `SELECT COUNT(*) FROM (SELECT 1 FROM user_tags FORCE INDEX (\`${table.index}\`) WHERE user_id BETWEEN ${first} AND ${last} LIMIT ${most + 1}) found`;
  const [row] = await session.rows(sql);
  return Number(String(row?.[0])) <= most;
}

async function lookUp(session: Session, table: TargetTable, merge: BatchMerge, rows: readonly number[], see: See): Promise<void> {
  for (let from = 0; from < rows.length; from += LOOKUP_KEYS) {
    const keys = rows.slice(from, from + LOOKUP_KEYS).map((row) => keyLiteral(table, merge.key(row)));
    const sql = `SELECT ${columnsOf(merge)} FROM user_tags FORCE INDEX (\`${table.index}\`) WHERE user_id IN (${keys.join(',')})`;
    await session.each(sql, ([key, tagIds, marked]) => see(key!, tagIds!, marked));
  }
}

/**
 * Reads rows again, with their details and under a lock, and merges them from
 * what is there now. False when one is gone: the batch must be redone.
 */
export async function lockAndMerge(session: Session, table: TargetTable, merge: RowsUnderLock, rows: readonly number[]): Promise<boolean> {
  let found = 0;
  for (let from = 0; from < rows.length; from += LOOKUP_KEYS) {
    const wanted = new Set(rows.slice(from, from + LOOKUP_KEYS));
    const keys = [...wanted].map((row) => keyLiteral(table, merge.key(row)));
    const sql = `SELECT user_id, tag_ids, tag_details FROM user_tags FORCE INDEX (\`${table.index}\`) WHERE user_id IN (${keys.join(',')}) FOR UPDATE`;
    await session.each(sql, ([key, tagIds, details]) => {
      const row = merge.find(key!);
      if (!wanted.delete(row)) return;
      found += 1;
      merge.merge(row, tagIds?.toString('utf8') ?? null, details?.toString('utf8') ?? null);
    });
  }
  return found === rows.length;
}

/** Such keys sort as their bytes do even where trailing spaces are ignored. */
function isPlain(key: Uint8Array): boolean {
  if (key.length === 0 || key[key.length - 1] === SPACE) return false;
  for (let at = 0; at < key.length; at += 1) if (key[at]! < SPACE) return false;
  return true;
}
