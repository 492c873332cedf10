/** The embedded tag store: one batch, one transaction, under the fence, synchronous (run in a worker thread). */
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { MergeCommand, MergeResult, RollbackCommand } from '@tagmill/shared/job';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { BatchMerge } from '@tagmill/shared/merge/batch-merge';
import type { BatchCounts } from '@tagmill/shared/merge/counts';
import { rangeRowsAtMost, SURELY_DENSE_USERS } from '@tagmill/shared/merge/density';
import type { MergeJob, PassTags, TagSetTexts } from '@tagmill/shared/merge/pass-tags';
import { MARK_TEXT } from '@tagmill/shared/merge/unknown-mark';
import { SQLITE_SINK_TABLES, SQLITE_TAG_TABLES } from '@tagmill/shared/sinks/sqlite-tables';
import type { SettleRequest } from '../ledger.ts';
import type { Statement } from 'better-sqlite3';
import { BatchLedger, type Place } from './batch-ledger.ts';
import { isUniqueViolation, openSqlite, type SqliteDatabase, toSqliteError } from './open.ts';
import { settleShards } from './settle.ts';
import { inTransaction } from './transaction.ts';
import { undoBlock } from './undo.ts';
import { asText, NOW, UPDATE_ROW } from './user-tags.ts';

/** A batch of a shard: its number from 0, and whether none follows. */
export interface BatchAt {
  readonly index: number;
  readonly batch: MergeBatch;
  readonly last: boolean;
}

export class SqliteTagStore {
  readonly #path: string;
  readonly #database: SqliteDatabase;
  readonly #ledger: BatchLedger;

  /** Opens the file and creates the tables that are missing. Throws as openSqlite does. */
  constructor(path: string) {
    this.#path = path;
    this.#database = openSqlite(path);
    this.#ledger = new BatchLedger(this.#database);
    try {
      for (const statement of [...SQLITE_TAG_TABLES, ...SQLITE_SINK_TABLES]) this.#database.exec(statement);
    } catch (error) {
      this.#database.close();
      throw toSqliteError(error, path);
    }
  }

  /**
   * Merges a batch, or gives the counts of the attempt that did. Throws FENCED,
   * DISK_FULL, DATABASE_UNAVAILABLE when another program keeps the lock,
   * DATABASE_SCHEMA.
   */
  mergeBatch(job: MergeJob, tags: PassTags, command: MergeCommand, { index, batch, last }: BatchAt): BatchCounts {
    const place: Place = [job.runId, job.pass, command.shard];
    const counts = inTransaction(this.#database, this.#path, () => {
      failpoint('manager.tags.begun');
      this.#ledger.claim(place, command);
      failpoint('manager.tags.fenced');
      const done = this.#ledger.doneBefore(place, index);
      if (done !== undefined) return done;
      const merge = this.#apply(job, tags, batch);
      const fresh = merge.counts(last);
      this.#ledger.record(place, index, command, command.pieceHash, merge, fresh);
      failpoint('manager.tags.written');
      return fresh;
    });
    failpoint('manager.tags.committed');
    return counts;
  }

  /** Undoes change block number `index` of the job's pass in the command's shard; undefined: there are no more. Errors as in mergeBatch. */
  undoBlock(job: MergeJob, command: RollbackCommand, index: number): BatchCounts | undefined {
    return inTransaction(this.#database, this.#path, () => undoBlock(this.#ledger, job, command, index));
  }

  /** See ShardLedger; errors as in mergeBatch. */
  settle(request: SettleRequest): (MergeResult | null)[] {
    return inTransaction(this.#database, this.#path, () => settleShards(this.#ledger, request));
  }

  close(): void {
    this.#database.close();
  }

  #apply(job: MergeJob, tags: PassTags, batch: MergeBatch): BatchMerge {
    const merge = new BatchMerge(tags, batch);
    const keys = merge.keyTexts();
    this.#readHeld(merge, keys, job.dense);
    const select = this.#prepare('SELECT tag_ids, tag_details FROM user_tags WHERE user_id = ?').raw();
    for (const row of merge.rowsToLook()) {
      const [tagIds, details] = select.get(keys[row]!) as [unknown, unknown];
      merge.merge(row, asText(tagIds), asText(details));
    }
    this.#insert(merge, keys);
    const update = this.#prepare(UPDATE_ROW);
    for (const { row, tagIds, tagDetails } of merge.updates) update.run(tagIds, tagDetails, keys[row]!);
    return merge;
  }

  #readHeld(merge: BatchMerge, keys: readonly string[], maybeDense: boolean): void {
    const dense = maybeDense && this.#isDense(keys);
    const columns = merge.readsMarks ? `user_id, tag_ids, instr(tag_details, '${MARK_TEXT}') > 0` : 'user_id, tag_ids, 0';
    if (dense) {
      const rowOf = rowFinder(keys);
      const range = this.#prepare(`SELECT ${columns} FROM user_tags WHERE user_id BETWEEN ? AND ?`).raw();
      for (const found of range.iterate(keys[0]!, keys.at(-1)!)) {
        const [key, tagIds, marked] = found as [unknown, unknown, unknown];
        const row = rowOf(asText(key) ?? '');
        if (row >= 0) merge.see(row, asText(tagIds), marked === 1);
      }
    }
    // Also after a range: under a collation of the installation's own the range may not hold all.
    if (dense && this.#sortsByBytes()) return;
    const select = this.#prepare(`SELECT ${columns} FROM user_tags WHERE user_id = ?`).raw();
    keys.forEach((key, row) => {
      const found = select.get(key) as [unknown, unknown, unknown] | undefined;
      if (found !== undefined && asText(found[0]) === key) merge.see(row, asText(found[1]), found[2] === 1);
    });
  }

  /** Whether a range read would meet about the batch's own rows, and not many times as many. */
  #isDense(keys: readonly string[]): boolean {
    if (keys.length >= SURELY_DENSE_USERS) return true;
    const most = rangeRowsAtMost(keys.length);
    const count = this.#prepare('SELECT COUNT(*) FROM (SELECT 1 FROM user_tags WHERE user_id BETWEEN ? AND ? LIMIT ?)').pluck();
    return Number(count.get(keys[0]!, keys.at(-1)!, most + 1)) <= most;
  }

  #insert(merge: BatchMerge, keys: readonly string[]): void {
    // Texts as bytes: the driver would encode a string anew for every row.
    const now = this.#now();
    const insert = this.#database.prepare(
      `INSERT INTO user_tags (user_id, tag_ids, tag_details, created_time, updated_time)
       VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT), '${now}', '${now}')`,
    );
    const bytes = new Map<TagSetTexts, [Buffer, Buffer]>();
    if (!this.#sortsByBytes()) this.#findConflicts(merge, keys);
    for (const row of merge.rowsAbsent()) merge.insert(row);
    for (const { row, texts } of merge.inserts) {
      let pair = bytes.get(texts);
      if (pair === undefined) {
        pair = [Buffer.from(texts.tagIds, 'utf8'), Buffer.from(texts.tagDetails, 'utf8')];
        bytes.set(texts, pair);
      }
      insert.run(keys[row]!, pair[0], pair[1]);
    }
  }

  /** Under NOCASE or RTRIM two users can meet on one row: tried out and taken back, one by one. */
  #findConflicts(merge: BatchMerge, keys: readonly string[]): void {
    const insert = this.#prepare("INSERT INTO user_tags (user_id, tag_ids) VALUES (?, '[]')");
    const holder = this.#prepare('SELECT user_id FROM user_tags WHERE user_id = ?').pluck();
    this.#database.exec('SAVEPOINT tried');
    for (const row of merge.rowsAbsent().filter((absent) => merge.needsRow(absent))) {
      try {
        insert.run(keys[row]!);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        merge.conflict(row, String(holder.get(keys[row]!)));
      }
    }
    this.#database.exec('ROLLBACK TO tried');
    this.#database.exec('RELEASE tried');
  }

  #now(): string {
    return String(this.#prepare(`SELECT ${NOW}`).pluck().get());
  }

  #sorts: boolean | undefined;
  /** Whether the unique index on user_id compares bytes (BINARY), as the tables made here do. */
  #sortsByBytes(): boolean {
    this.#sorts ??= uniqueCollation(this.#database, this.#path) === 'BINARY';
    return this.#sorts;
  }

  #prepare(sql: string): Statement {
    return this.#ledger.prepare(sql);
  }
}

/** Collation of the unique index on user_id alone. Throws DATABASE_SCHEMA when there is none. */
function uniqueCollation(database: SqliteDatabase, path: string): string {
  const indexes = database.pragma('index_list(user_tags)') as { name: string; unique: number; partial: number }[];
  for (const index of indexes) {
    if (index.unique !== 1 || index.partial !== 0) continue;
    const columns = database.pragma(`index_xinfo('${index.name.replaceAll("'", "''")}')`) as {
      name: string | null;
      coll: string;
      key: number;
    }[];
    const keyed = columns.filter((column) => column.key === 1);
    if (keyed.length === 1 && keyed[0]!.name?.toLowerCase() === 'user_id') return keyed[0]!.coll.toUpperCase();
  }
  throw new TagmillError('DATABASE_SCHEMA', `user_tags in sqlite:${path} has no unique index on user_id alone; add one`, {
    table: 'user_tags',
  });
}

/** Positions of keys, quickest when asked in their order: a table of all keys is made only when one is out of it. */
function rowFinder(keys: readonly string[]): (key: string) => number {
  let next = 0;
  let rowOf: Map<string, number> | undefined;
  return (key) => {
    for (let at = next; at < keys.length && at < next + 4; at += 1) {
      if (keys[at] !== key) continue;
      next = at + 1;
      return at;
    }
    rowOf ??= new Map(keys.map((one, row) => [one, row]));
    const row = rowOf.get(key) ?? -1;
    if (row >= 0) next = row + 1;
    return row;
  };
}
