/** What a batch writes to `user_tags`: new rows in bulk, changed rows through a staging table and one join. */
import type { BatchMerge, RowInsert, RowsUnderLock, RowUpdate } from '@tagmill/shared/merge/batch-merge';
import type { TagSetTexts } from '@tagmill/shared/merge/pass-tags';
import { TagmillError } from '@tagmill/shared/errors';
import { isErrno } from '@tagmill/shared/sinks/mysql-errors';
import { type Session, quote } from './session.ts';
import { type TargetTable, checkKeyLength, keyLiteral } from './target.ts';

/** Bytes of one statement or chunk: under every server's smallest packet. */
const CHUNK_BYTES = 512 * 1024;
const STAGE = 'tagmill_stage';
const FORMAT = `CHARACTER SET utf8mb4 FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'`;
const COLUMNS = 'user_id, tag_ids, tag_details';

/**
 * Inserts the users who had no row. False when one of them has a row by now:
 * LOAD DATA LOCAL passes over duplicates, so the rows are counted.
 */
export async function insertNew(session: Session, table: TargetTable, merge: BatchMerge, bulk: boolean): Promise<boolean> {
  const inserts = merge.inserts;
  if (inserts.length === 0) return true;
  for (const insert of inserts) checkKeyLength(table, merge.key(insert.row));
  if (bulk) {
    const sql = `LOAD DATA LOCAL INFILE 'new users' INTO TABLE user_tags ${FORMAT} (${COLUMNS}) SET created_time = NOW(), updated_time = NOW()`;
    const done = await session.load(sql, chunksOf(newRowLines(merge, inserts)));
    if (done.affectedRows < inserts.length) return false;
    if (done.warnings > 0) await refuseWarnings(session);
    return true;
  }
  const head = `INSERT INTO user_tags (${COLUMNS}, created_time, updated_time) VALUES `;
  const quoted = new Map<TagSetTexts, string>();
  const tailOf = (texts: TagSetTexts): string => {
    const known = quoted.get(texts) ?? `,${quote(texts.tagIds)},${quote(texts.tagDetails)},NOW(),NOW())`;
    quoted.set(texts, known);
    return known;
  };
  try {
    await inChunks(session, head, inserts, (insert) => `(${keyLiteral(table, merge.key(insert.row))}${tailOf(insert.texts)}`);
  } catch (error) {
    if (isErrno(error, 1062)) return false;
    throw error;
  }
  return true;
}

/** Writes the changed rows, which are locked. False when not every one of them was there. */
export async function updateChanged(session: Session, table: TargetTable, merge: RowsUnderLock, bulk: boolean): Promise<boolean> {
  const updates = [...merge.updates].sort((a, b) => a.row - b.row);
  if (updates.length === 0) return true;
  await session.write(`DROP TEMPORARY TABLE IF EXISTS ${STAGE}`);
  await session.write(
    `CREATE TEMPORARY TABLE ${STAGE} (user_id ${table.keyType} NOT NULL, tag_ids LONGTEXT CHARACTER SET utf8mb4, tag_details LONGTEXT CHARACTER SET utf8mb4) ENGINE=InnoDB`,
  );
  if (bulk) {
    const done = await session.load(
      `LOAD DATA LOCAL INFILE 'changed users' INTO TABLE ${STAGE} ${FORMAT} (${COLUMNS})`,
      chunksOf(changedRowLines(merge, updates)),
    );
    if (done.warnings > 0) await refuseWarnings(session);
  } else {
    const rowOf = (update: RowUpdate): string =>
      `(${keyLiteral(table, merge.key(update.row))},${quote(update.tagIds)},${quote(update.tagDetails)})`;
    await inChunks(session, `INSERT INTO ${STAGE} (${COLUMNS}) VALUES `, updates, rowOf);
  }
  // created_time is named because old installations have ON UPDATE CURRENT_TIMESTAMP on their first timestamp.
  const done = await session.write(
    `UPDATE ${STAGE} s STRAIGHT_JOIN user_tags t FORCE INDEX (\`${table.index}\`) ON t.user_id = s.user_id
     SET t.updated_time = NOW(), t.created_time = t.created_time, t.tag_ids = s.tag_ids, t.tag_details = s.tag_details`,
  );
  return done.affectedRows === updates.length;
}

async function inChunks<T>(session: Session, head: string, items: readonly T[], rowOf: (item: T) => string): Promise<void> {
  let rows: string[] = [];
  let length = 0;
  for (const item of items) {
    const row = rowOf(item);
    rows.push(row);
    length += row.length;
    // Characters of three bytes are the most that these texts have on average.
    if (length * 3 > CHUNK_BYTES) {
      await session.write(head + rows.join(','));
      rows = [];
      length = 0;
    }
  }
  if (rows.length > 0) await session.write(head + rows.join(','));
}

/** Rows share few distinct sets of tags, so a row costs little more than copying its key. */
function* newRowLines(merge: BatchMerge, inserts: readonly RowInsert[]): Generator<readonly [Uint8Array, Buffer]> {
  const tails = new Map<TagSetTexts, Buffer>();
  for (const { row, texts } of inserts) {
    let tail = tails.get(texts);
    if (tail === undefined) {
      tail = Buffer.from(`\t${texts.tagIds}\t${escapeText(texts.tagDetails)}\n`, 'utf8');
      tails.set(texts, tail);
    }
    yield [escapeKey(merge.key(row)), tail];
  }
}

function* changedRowLines(merge: RowsUnderLock, updates: readonly RowUpdate[]): Generator<readonly [Uint8Array, Buffer]> {
  for (const { row, tagIds, tagDetails } of updates) {
    yield [escapeKey(merge.key(row)), Buffer.from(`\t${tagIds}\t${escapeText(tagDetails)}\n`, 'utf8')];
  }
}

/** Lines, each in two parts, put together into chunks of about CHUNK_BYTES. */
function* chunksOf(lines: Iterable<readonly [Uint8Array, Buffer]>): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let at = 0;
  for (const [key, tail] of lines) {
    const size = key.length + tail.length;
    if (at + size > chunk.length) {
      if (at > 0) yield chunk.subarray(0, at);
      chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, size));
      at = 0;
    }
    chunk.set(key, at);
    chunk.set(tail, at + key.length);
    at += size;
  }
  if (at > 0) yield chunk.subarray(0, at);
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\0': '\\0' };
const escapeText = (text: string): string => text.replace(/[\\\t\n\0]/g, (char) => ESCAPES[char]!);

function escapeKey(key: Uint8Array): Uint8Array {
  for (let at = 0; at < key.length; at += 1) {
    const byte = key[at]!;
    if (byte === 0x5c || byte === 0x09 || byte === 0x0a || byte === 0)
      return Buffer.from(escapeText(Buffer.from(key).toString('latin1')), 'latin1');
  }
  return key;
}

/** A bulk load turns what a strict INSERT refuses into warnings, with values cut or changed: never kept. */
async function refuseWarnings(session: Session): Promise<never> {
  const [first] = await session.rows('SHOW WARNINGS LIMIT 1');
  throw new TagmillError(
    'DATABASE_SCHEMA',
    `user_tags does not hold what is written to it: ${first?.[2]?.toString('utf8') ?? 'unknown warning'}`,
  );
}
