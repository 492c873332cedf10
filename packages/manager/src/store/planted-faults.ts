/** Faults of a disk that tests plant in the journal's thread; nothing of this happens elsewhere. */
import Database from 'better-sqlite3';
import { FAULT, type JournalFaults } from './journal-messages.ts';

/** Writes as the faults say: too late, not at all, or only seemingly not. */
export function flushAsPlanted<T>(faults: JournalFaults | null, write: () => T): T {
  if (faults === null) return write();
  const fault = Atomics.exchange(faults, 0, FAULT.none);
  if (fault === FAULT.full) throw new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
  if (fault === FAULT.corrupt) throw new Database.SqliteError('database disk image is malformed', 'SQLITE_CORRUPT');
  if (fault === FAULT.flushLost) throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
  const written = write();
  const delayMs = Atomics.load(faults, 1);
  // Nobody wakes this: it is the time that the flush takes longer.
  if (delayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
  if (fault === FAULT.flushReached) throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
  return written;
}
