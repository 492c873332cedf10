/**
 * The lock of a data directory: a file of its own, so that it is held on while
 * the journal is closed and opened again, and while others only read it. The
 * operating system gives it up when the process ends, however it ends.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import Database from 'better-sqlite3';
import { openFault } from './disk-state.ts';
import { LOCK_FILE } from './places.ts';

/** Long enough for a manager that is just closing. */
const LOCK_WAIT_MS = 500;

/** Takes the lock; the function given back lets it go. Errors: MANAGER_LIVE when another process has it, CONFIG_INVALID, DISK_FULL. */
export function lockDataDir(dataDir: string): () => void {
  const path = join(dataDir, LOCK_FILE);
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: LOCK_WAIT_MS });
    database.exec('BEGIN EXCLUSIVE');
    return database.close.bind(database);
  } catch (error) {
    database?.close();
    if (isBusy(error)) throw inUse(dataDir, error);
    throw openFault(path, error);
  }
}

/** Whether a process works in the directory now; false when there is none. */
export function isDataDirInUse(dataDir: string): boolean {
  if (!existsSync(join(dataDir, LOCK_FILE))) return false;
  try {
    lockDataDir(dataDir)();
    return false;
  } catch (error) {
    if (error instanceof TagmillError && error.code === 'MANAGER_LIVE') return true;
    throw error;
  }
}

export const isBusy = (error: unknown): boolean => error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');

export const inUse = (dataDir: string, cause: unknown): TagmillError =>
  new TagmillError(
    'MANAGER_LIVE',
    `the data directory ${dataDir} is in use by another manager: stop that one, or name another --data-dir`,
    {},
    cause,
  );
