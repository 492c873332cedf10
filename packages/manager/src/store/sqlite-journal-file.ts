/** The journal's SQLite file. Runs in the journal's worker thread and nowhere else. */
import { createHash, randomUUID } from 'node:crypto';
import { TagmillError } from '@tagmill/shared/errors';
import Database from 'better-sqlite3';
import { CHAIN_START, type JournalBatch, type JournalHead } from './journal.ts';

/** A file of a newer format is refused, never guessed at. */
const FORMAT = 1;
/** Long enough for a manager that is just closing its journal. */
const LOCK_WAIT_MS = 500;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, batch BLOB NOT NULL);
`;

export class SqliteJournalFile {
  private readonly path: string;
  private readonly database: Database.Database;
  private readonly insert: Database.Statement;
  private lastHash: Uint8Array = CHAIN_START;
  private lastSeq = 0;
  readonly lineage: string;

  constructor(path: string) {
    this.path = path;
    try {
      this.database = new Database(path, { timeout: LOCK_WAIT_MS });
      this.database.pragma('locking_mode = EXCLUSIVE');
      this.database.pragma('journal_mode = WAL');
      this.database.pragma('synchronous = FULL');
      this.database.exec(SCHEMA);
      this.lineage = this.meta();
      this.insert = this.database.prepare('INSERT INTO journal (seq, hash, batch) VALUES (?, ?, ?)');
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** Every batch in order. A break in the chain stops the start. */
  *read(): Generator<JournalBatch> {
    const rows = this.database.prepare('SELECT seq, hash, batch FROM journal ORDER BY seq').iterate() as Iterable<{
      seq: number;
      hash: Buffer;
      batch: Buffer;
    }>;
    for (const row of rows) {
      const hash = chain(this.lastHash, row.batch);
      if (row.seq !== this.lastSeq + 1 || !row.hash.equals(hash)) {
        throw new TagmillError(
          'INTERNAL',
          `the journal ${this.path} is broken at batch ${row.seq}: its hash chain does not hold. Restore the data directory from a copy, or start with an empty one.`,
        );
      }
      this.lastHash = hash;
      this.lastSeq = row.seq;
      yield { seq: row.seq, blob: row.batch };
    }
  }

  head(): JournalHead {
    return { lineage: this.lineage, seq: this.lastSeq };
  }

  append(batch: JournalBatch): void {
    const hash = chain(this.lastHash, batch.blob);
    try {
      this.insert.run(batch.seq, hash, batch.blob);
    } catch (error) {
      throw this.explain(error);
    }
    this.lastHash = hash;
    this.lastSeq = batch.seq;
  }

  close(): void {
    this.database.close();
  }

  private meta(): string {
    const get = this.database.prepare('SELECT value FROM meta WHERE key = ?').pluck();
    const format = get.get('format') as string | undefined;
    if (format !== undefined && Number(format) > FORMAT) {
      throw new TagmillError(
        'CONFIG_INVALID',
        `the journal ${this.path} has format ${format}, and this version reads ${FORMAT}: start the version that wrote it, or a newer one`,
      );
    }
    const set = this.database.prepare('INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)');
    set.run('format', String(FORMAT));
    set.run('lineage', randomUUID());
    return get.get('lineage') as string;
  }

  private explain(error: unknown): unknown {
    if (!(error instanceof Database.SqliteError)) return error;
    const where = `the journal ${this.path}`;
    if (error.code.startsWith('SQLITE_BUSY')) {
      return new TagmillError(
        'MANAGER_LIVE',
        `${where} is in use by another manager: stop that one, or name another --data-dir`,
        {},
        error,
      );
    }
    if (error.code === 'SQLITE_FULL') {
      return new TagmillError(
        'DISK_FULL',
        `no space is left for ${where}: nothing is confirmed any more. Free space and start again; nothing that was confirmed is lost.`,
        {},
        error,
      );
    }
    if (error.code.startsWith('SQLITE_READONLY') || error.code.startsWith('SQLITE_CANTOPEN')) {
      return new TagmillError(
        'CONFIG_INVALID',
        `${where} cannot be written: check that its folder exists and belongs to this user`,
        {},
        error,
      );
    }
    if (error.code.startsWith('SQLITE_IOERR')) {
      return new TagmillError(
        'DISK_FULL',
        `the disk does not take writes to ${where} (${error.code}): nothing is confirmed any more`,
        {},
        error,
      );
    }
    return new TagmillError('INTERNAL', `${where}: ${error.message}`, { sqlite: error.code }, error);
  }
}

const chain = (before: Uint8Array, batch: Uint8Array): Buffer => createHash('sha256').update(before).update(batch).digest();
