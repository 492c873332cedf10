/** One transaction that takes the write lock before its first read, so that another program's edit comes wholly before or wholly after. */
import { type SqliteDatabase, toSqliteError } from './open.ts';

/** Throws DISK_FULL, DATABASE_UNAVAILABLE when another program keeps the lock, DATABASE_SCHEMA, or what `work` throws; nothing is kept then. */
export function inTransaction<T>(database: SqliteDatabase, path: string, work: () => T): T {
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw toSqliteError(error, path);
  }
}
