/** One SQLite file of the journal: rows in, rows out. Checks nothing of the chain; survey.ts does. */
import { dirname } from 'node:path';
import { failpoint } from '@tagmill/shared/failpoint';
import Database from 'better-sqlite3';
import { chainHash } from './chain.ts';
import type { CommittedBatch, JournalBatch, Position } from './journal.ts';
import { createSchema, formatOf, JOURNAL_FORMAT, migrate, newBeginning, readBase, writeBase } from './journal-schema.ts';
import { syncFolder } from './sync-folder.ts';

interface Row {
  readonly seq: number;
  readonly term: number;
  readonly hash: Buffer;
  readonly batch: Buffer;
}

const COLUMNS = 'seq, term, hash, batch';
/** Another thread's reader may hold the file for a moment. */
const LOCK_WAIT_MS = 500;
const TRIM_ROWS = 1_000;

export class JournalFile {
  readonly path: string;
  private readonly database: Database.Database;
  private readonly insert: Database.Statement | undefined;
  private readonly from: Database.Statement;
  private readonly lastRow: Database.Statement;
  private start: Position;

  /** Opens what is there, brought to the present format. Errors: SQLite's own, CONFIG_INVALID when a newer version wrote it. */
  static open(path: string, { create, base = newBeginning }: { readonly create: boolean; readonly base?: () => Position }): JournalFile {
    const database = new Database(path, { timeout: LOCK_WAIT_MS, fileMustExist: !create });
    try {
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
      const format = formatOf(database, path);
      if (format === undefined && !create) throw new Database.SqliteError('it is empty', 'SQLITE_NOTADB');
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

  /** For reading alone, beside the thread that writes; of any format up to the present one. Errors: as those of `open`. */
  static openToRead(path: string): JournalFile {
    const database = new Database(path, { timeout: LOCK_WAIT_MS, readonly: true, fileMustExist: true });
    try {
      const format = formatOf(database, path);
      if (format === undefined) throw new Database.SqliteError('it is empty', 'SQLITE_NOTADB');
      return new JournalFile(path, database, format === 1 ? 'seq, 0 AS term, hash, batch' : COLUMNS);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private constructor(path: string, database: Database.Database, columns = COLUMNS) {
    this.path = path;
    this.database = database;
    this.start = readBase(database);
    this.insert = database.readonly ? undefined : database.prepare(`INSERT INTO journal (${COLUMNS}) VALUES (?, ?, ?, ?)`);
    this.from = database.prepare(`SELECT ${columns} FROM journal WHERE seq >= ? ORDER BY seq`);
    this.lastRow = database.prepare(`SELECT ${columns} FROM journal ORDER BY seq DESC LIMIT 1`);
  }

  /** The position behind which the rows begin. */
  get base(): Position {
    return this.start;
  }

  /** The last row as it stands there; the base when there is none. */
  last(): Position {
    const row = this.lastRow.get() as Row | undefined;
    return row === undefined ? this.start : { lineage: this.start.lineage, term: row.term, seq: row.seq, hash: bytes(row.hash) };
  }

  /** The hash that stands beside a batch. */
  hashAt(seq: number): Uint8Array | undefined {
    const hash = this.database.prepare('SELECT hash FROM journal WHERE seq = ?').pluck().get(seq) as Buffer | undefined;
    return hash === undefined ? undefined : bytes(hash);
  }

  *rows(fromSeq: number): Generator<CommittedBatch> {
    for (const row of this.from.iterate(fromSeq) as Iterable<Row>) yield committed(row);
  }

  /** At least one row when it is there, else at most so many bytes; none when `fromSeq` itself is not there. */
  tail(fromSeq: number, maxBytes: number): CommittedBatch[] {
    const batches: CommittedBatch[] = [];
    let left = maxBytes;
    for (const batch of this.rows(fromSeq)) {
      left -= batch.blob.length;
      if (batch.seq !== fromSeq + batches.length || (left < 0 && batches.length > 0)) break;
      batches.push(batch);
    }
    return batches;
  }

  /** Writes a batch behind `before`; it is on disk when this returns. */
  append(before: Uint8Array, { seq, term, blob }: JournalBatch): CommittedBatch {
    const hash = chainHash(before, blob);
    failpoint('manager.journal.committing');
    this.insert?.run(seq, term, hash, blob);
    failpoint('manager.journal.committed');
    return { seq, term, blob, hash };
  }

  /** Writes what has a hash already, many in one transaction. */
  appendAll(batches: readonly CommittedBatch[]): void {
    this.database.transaction(() => {
      for (const { seq, term, hash, blob } of batches) this.insert?.run(seq, term, hash, blob);
    })();
  }

  /** Removes the oldest up to `toSeq`, about so many bytes at most, and moves the base; whether all are gone. */
  trim(toSeq: number, maxBytes: number): boolean {
    const rows = this.database
      .prepare('SELECT seq, term, hash, length(batch) AS sizeBytes FROM journal WHERE seq <= ? ORDER BY seq LIMIT ?')
      .all(toSeq, TRIM_ROWS) as { seq: number; term: number; hash: Buffer; sizeBytes: number }[];
    let left = maxBytes;
    const some = rows.filter(({ sizeBytes }, i) => {
      left -= sizeBytes;
      return left >= 0 || i === 0;
    });
    const last = some.at(-1);
    if (last === undefined) return true;
    const base: Position = { lineage: this.start.lineage, seq: last.seq, term: last.term, hash: bytes(last.hash) };
    this.database.transaction(() => {
      this.database.prepare('DELETE FROM journal WHERE seq <= ?').run(last.seq);
      writeBase(this.database, base);
    })();
    failpoint('manager.journal.trimmed');
    this.start = base;
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

  /** Brings everything committed into the main file and flushes it; false when a reader was in the way. */
  checkpoint(): boolean {
    const [answer] = this.database.pragma('wal_checkpoint(TRUNCATE)') as { readonly busy: number }[];
    return answer?.busy === 0;
  }

  close(): void {
    this.database.close();
  }
}

/** SQLite's buffers as plain bytes of their own. */
const bytes = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

const committed = ({ seq, term, hash, batch }: Row): CommittedBatch => ({ seq, term, hash: bytes(hash), blob: bytes(batch) });
