/** Opens the embedded tag store's file; the one place that knows its settings and its errors. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import Sqlite from 'better-sqlite3';

export type SqliteDatabase = Sqlite.Database;

/** How long to wait for another program that writes, milliseconds. */
const BUSY_TIMEOUT_MS = 5_000;
const CACHE_KIB = 64 * 1024;

/** Opens or creates the file. Throws DATABASE_DENIED, DATABASE_SCHEMA or FILE_UNREADABLE. */
export function openSqlite(path: string): SqliteDatabase {
  if (!existsSync(dirname(path))) {
    throw new TagmillError('FILE_UNREADABLE', `the folder ${dirname(path)} of the database sqlite:${path} does not exist; create it`);
  }
  try {
    const database = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
    // Before the first table only: rows with their details fit pages of 8 KiB better.
    database.pragma('page_size = 8192');
    database.pragma('journal_mode = WAL');
    // A batch that was confirmed must survive a power cut.
    database.pragma('synchronous = FULL');
    database.pragma(`cache_size = -${CACHE_KIB}`);
    database.pragma('foreign_keys = OFF');
    return database;
  } catch (error) {
    throw toSqliteError(error, path);
  }
}

export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error));

export const isUniqueViolation = (error: unknown): boolean => sqliteCode(error) === 'SQLITE_CONSTRAINT_UNIQUE';

/** The error as one of ours, naming the file and what to do. */
export function toSqliteError(error: unknown, path: string): TagmillError {
  if (error instanceof TagmillError) return error;
  const code = sqliteCode(error);
  const said = error instanceof Error ? error.message : String(error);
  const make = (kind: ConstructorParameters<typeof TagmillError>[0], text: string): TagmillError =>
    new TagmillError(kind, text, { sqlite: code }, error);
  if (isBusy(error)) return make('DATABASE_UNAVAILABLE', `another program holds sqlite:${path} locked; end it or let it commit`);
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE')
    return make('DISK_FULL', `no space is left to write sqlite:${path}; free some`);
  if (code === 'SQLITE_READONLY' || code.startsWith('SQLITE_READONLY_') || code === 'SQLITE_PERM' || code === 'SQLITE_AUTH') {
    return make('DATABASE_DENIED', `sqlite:${path} cannot be written: ${said}; check its owner and mode`);
  }
  if (code.startsWith('SQLITE_CANTOPEN'))
    return make('DATABASE_DENIED', `sqlite:${path} cannot be opened; check that it is a file that this user may write`);
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return make('DATABASE_SCHEMA', `sqlite:${path} is not a whole SQLite database: ${said}; restore it or choose another file`);
  }
  if (/no such (table|column)|has no column/.test(said)) {
    return make('DATABASE_SCHEMA', `sqlite:${path} lacks something that is needed: ${said}; \`tagmill db init\` creates missing tables`);
  }
  return make('INTERNAL', `sqlite:${path} answered with an error: ${said}`);
}

function sqliteCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
