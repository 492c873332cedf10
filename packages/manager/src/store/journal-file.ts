/** One SQLite file of the journal: rows in, rows out. Checks nothing of the chain; survey.ts does. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { chainHash } from './chain.ts';
import type { CommittedBatch, JournalBatch, Position } from './journal.ts';
import { createSchema, formatOf, JOURNAL_FORMAT, migrate, newBeginning, readBase, writeBase } from './journal-schema.ts';

interface Row {
  readonly seq: number;
  readonly term: number;
  readonly hash: Buffer;
  readonly batch: Buffer;
}

const COLUMNS = 'seq, term, hash, batch';
/** Another thread's reader may hold the file for a moment. */
const LOCK_WAIT_MS = 500;

export class JournalFile {
  readonly path: string;
  private readonly database: Database.Database;
  private readonly insert: Database.Statement;
  private readonly from: Database.Statement;

  /** Opens what is there, brought to the present format; makes a new file behind `base` when there is none. Errors: SQLite's own, CONFIG_INVALID. */
  static open(path: string, base: () => Position = newBeginning): JournalFile {
    const database = new Database(path, { timeout: LOCK_WAIT_MS });
    try {
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
      const format = formatOf(database, path);
      if (format === undefined) {
        createSchema(database, base());
        syncFolder(dirname(path));
      } else if (format < JOURNAL_FORMAT) migrate(database);
      return new JournalFile(path, database);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** For reading alone, beside the thread that writes. */
  static openToRead(path: string): JournalFile {
    return new JournalFile(path, new Database(path, { timeout: LOCK_WAIT_MS, readonly: true }));
  }

  private constructor(path: string, database: Database.Database) {
    this.path = path;
    this.database = database;
    this.insert = database.prepare(`INSERT INTO journal (${COLUMNS}) VALUES (?, ?, ?, ?)`);
    this.from = database.prepare(`SELECT ${COLUMNS} FROM journal WHERE seq >= ? ORDER BY seq`);
  }

  /** The position behind which the rows begin. */
  base(): Position {
    return readBase(this.database);
  }

  /** The last row as it stands there; the base when there is none. */
  last(): Position {
    const base = this.base();
    const row = this.database.prepare(`SELECT ${COLUMNS} FROM journal ORDER BY seq DESC LIMIT 1`).get() as Row | undefined;
    return row === undefined ? base : { lineage: base.lineage, term: row.term, seq: row.seq, hash: bytes(row.hash) };
  }

  /** The hash that stands beside a batch. */
  hashAt(seq: number): Uint8Array | undefined {
    const hash = this.database.prepare('SELECT hash FROM journal WHERE seq = ?').pluck().get(seq) as Buffer | undefined;
    return hash === undefined ? undefined : bytes(hash);
  }

  *rows(fromSeq: number): Generator<CommittedBatch> {
    for (const row of this.from.iterate(fromSeq) as Iterable<Row>) yield committed(row);
  }

  /** At least one row when it is there, else at most so many bytes. */
  tail(fromSeq: number, maxBytes: number): CommittedBatch[] {
    const batches: CommittedBatch[] = [];
    let left = maxBytes;
    for (const batch of this.rows(fromSeq)) {
      left -= batch.blob.length;
      if (left < 0 && batches.length > 0) break;
      batches.push(batch);
    }
    return batches;
  }

  /** Writes a batch behind `before`; it is on disk when this returns. */
  append(before: Uint8Array, { seq, term, blob }: JournalBatch): CommittedBatch {
    const hash = chainHash(before, blob);
    this.insert.run(seq, term, hash, blob);
    return { seq, term, blob, hash };
  }

  /** Writes what has a hash already, many in one transaction. */
  appendAll(batches: readonly CommittedBatch[]): void {
    this.database.transaction(() => {
      for (const { seq, term, hash, blob } of batches) this.insert.run(seq, term, hash, blob);
    })();
  }

  /** Removes at most `rows` of those up to `to`, and moves the base; whether all are gone. */
  trim(toSeq: number, rows: number): boolean {
    const last = this.database
      .prepare(`SELECT seq, term, hash FROM (SELECT * FROM journal WHERE seq <= ? ORDER BY seq LIMIT ?) ORDER BY seq DESC LIMIT 1`)
      .get(toSeq, rows) as Omit<Row, 'batch'> | undefined;
    if (last === undefined) return true;
    this.database.transaction(() => {
      this.database.prepare('DELETE FROM journal WHERE seq <= ?').run(last.seq);
      writeBase(this.database, { seq: last.seq, term: last.term, hash: bytes(last.hash) });
    })();
    return last.seq === toSeq;
  }

  /** Writes so many bytes and takes them out again: throws when the disk does not take them. */
  probe(sizeBytes: number): void {
    const zeros = '0'.repeat(sizeBytes);
    this.database
      .prepare("INSERT INTO meta (key, value) VALUES ('probe', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
      .run(zeros);
    this.database.prepare("DELETE FROM meta WHERE key = 'probe'").run();
  }

  /** Brings everything committed into the main file and flushes it. */
  checkpoint(): void {
    this.database.pragma('wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    this.database.close();
  }
}

/** Makes a new or renamed entry of a folder durable. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** SQLite's buffers as plain bytes of their own. */
const bytes = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

const committed = ({ seq, term, hash, batch }: Row): CommittedBatch => ({ seq, term, hash: bytes(hash), blob: bytes(batch) });
