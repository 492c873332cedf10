/**
 * Users that differ byte for byte but are one under the collation of
 * `user_tags.user_id`: they would meet on one row, so the second is reported
 * and left alone. Which users these are only the server can say.
 */
import type { BatchMerge } from '@tagmill/shared/merge/batch-merge';
import { LOOKUP_KEYS } from './read.ts';
import type { Session } from './session.ts';
import { type TargetTable, keyLiteral } from './target.ts';

const MEET = 'tagmill_meet';
const LEFT = 'tagmill_left';
const SPACE = 0x20;

/** Marks every conflict among the batch's users without a row of their own. `spaced`: keys met that end with a space. */
export async function findConflicts(session: Session, table: TargetTable, merge: BatchMerge, spaced: readonly Buffer[]): Promise<void> {
  if (table.keyKind !== 'text' || (table.byteOrdered && !table.padSpace)) return;
  let absent = merge.rowsAbsent();
  // Under a `_bin` collation only trailing spaces can make two users one.
  if (table.byteOrdered) absent = suspects(merge, absent, spaced);
  if (absent.length === 0) return;
  const needing = absent.filter((row) => merge.needsRow(row));
  const others = absent.filter((row) => !merge.needsRow(row));
  await makeTable(session, MEET, table);
  await fill(session, table, merge, MEET, [...needing, ...others]);
  await meetRows(session, merge);
  await meetOneAnother(session, table, merge, needing, others);
}

/** Users whose key ends with a space, and those that are such a key, of the batch or of the target, without it. */
function suspects(merge: BatchMerge, absent: readonly number[], spaced: readonly Buffer[]): number[] {
  const found = new Set<number>();
  const addShorter = (key: Uint8Array): void => {
    for (let end = key.length; end > 0 && key[end - 1] === SPACE; end -= 1) {
      const shorter = merge.find(key.subarray(0, end - 1));
      if (shorter >= 0 && merge.isAbsent(shorter)) found.add(shorter);
    }
  };
  for (const row of absent) {
    const key = merge.key(row);
    if (key[key.length - 1] !== SPACE) continue;
    found.add(row);
    addShorter(key);
  }
  for (const key of spaced) addShorter(key);
  return [...found].sort((a, b) => a - b);
}

/** A user without a row who is equal to a row: that row is somebody else's. */
async function meetRows(session: Session, merge: BatchMerge): Promise<void> {
  const sql = `SELECT m.user_id, t.user_id FROM ${MEET} m STRAIGHT_JOIN user_tags t ON t.user_id = m.user_id`;
  await session.each(sql, ([mine, theirs]) => {
    if (mine!.equals(theirs!)) return;
    const row = merge.find(mine!);
    if (row >= 0) merge.conflict(row, theirs!.toString('utf8'));
  });
}

/** New users who are equal to one another: the first by bytes gets the row. */
async function meetOneAnother(
  session: Session,
  table: TargetTable,
  merge: BatchMerge,
  needing: readonly number[],
  others: readonly number[],
): Promise<void> {
  const staged = new Set<number>();
  await session.each(`SELECT user_id FROM ${MEET}`, ([key]) => staged.add(merge.find(key!)));
  const left = [...needing, ...others].filter((row) => !staged.has(row));
  if (left.length === 0) return;
  const needs = new Set(needing);
  await makeTable(session, LEFT, table, false);
  await fill(session, table, merge, LEFT, left);
  await session.each(
    `SELECT l.user_id, m.user_id, t.user_id FROM ${LEFT} l JOIN ${MEET} m ON m.user_id = l.user_id LEFT JOIN user_tags t ON t.user_id = l.user_id`,
    ([mine, first, held]) => {
      const row = merge.find(mine!);
      const other = merge.find(first!);
      // Two users without any tag need no row and cannot meet on one.
      if (row >= 0 && (held !== null || needs.has(other))) merge.conflict(row, (held ?? first)!.toString('utf8'));
    },
  );
}

async function makeTable(session: Session, name: string, table: TargetTable, unique = true): Promise<void> {
  await session.write(`DROP TEMPORARY TABLE IF EXISTS ${name}`);
  const key = unique ? ', UNIQUE KEY (user_id)' : '';
  await session.write(`CREATE TEMPORARY TABLE ${name} (user_id ${table.keyType} NOT NULL${key}) ENGINE=InnoDB`);
}

async function fill(session: Session, table: TargetTable, merge: BatchMerge, name: string, rows: readonly number[]): Promise<void> {
  for (let from = 0; from < rows.length; from += LOOKUP_KEYS) {
    const keys = rows.slice(from, from + LOOKUP_KEYS).map((row) => `(${keyLiteral(table, merge.key(row))})`);
    await session.write(`INSERT IGNORE INTO ${name} (user_id) VALUES ${keys.join(',')}`);
  }
}
