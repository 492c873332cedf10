/** What a failure of SQLite says about the disk, in states and sentences that a person can act on. */
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import Database from 'better-sqlite3';
import type { JournalHealth } from './journal.ts';

export type FaultState = Exclude<JournalHealth['state'], 'ok'>;

const PROBE_BYTES = 64 * 1024;

/** Why the journal cannot be written. Codes that may mean several things are settled by writing beside it. */
export function faultState(path: string, error: unknown): FaultState {
  const code = error instanceof Database.SqliteError ? error.code : '';
  if (code === 'SQLITE_FULL') return 'full';
  if (code.startsWith('SQLITE_READONLY')) return 'read-only';
  if (code === 'SQLITE_CORRUPT' || code.startsWith('SQLITE_CORRUPT_') || code === 'SQLITE_NOTADB') return 'corrupt';
  return folderState(dirname(path)) ?? 'failed-flush';
}

/** Whether what failed may be on disk all the same: the data was written and only its flush failed. */
export const mayBeWritten = (error: unknown): boolean => !(error instanceof Database.SqliteError) || error.code.startsWith('SQLITE_IOERR');

function folderState(folder: string): 'full' | 'read-only' | undefined {
  const probe = join(folder, 'probe.tmp');
  try {
    writeFileSync(probe, Buffer.alloc(PROBE_BYTES));
    rmSync(probe);
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      rmSync(probe, { force: true });
      return 'full';
    }
    return code === 'EROFS' || code === 'EACCES' || code === 'EPERM' ? 'read-only' : undefined;
  }
}

const NOTHING_LOST = 'Nothing is confirmed until then, what was confirmed is safe, and reads are served.';

/** The sentence of a state: what happened, to what, what to do. */
export function faultSentence(state: FaultState, path: string, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  switch (state) {
    case 'full':
      return `no space is left for the journal ${path}: free some and the manager goes on by itself. ${NOTHING_LOST}`;
    case 'read-only':
      return `the disk of the journal ${path} cannot be written (${said}): make it writable and the manager goes on by itself. ${NOTHING_LOST}`;
    case 'failed-flush':
      return `the disk did not take a write to the journal ${path} (${said}): it is tried again on a new handle. ${NOTHING_LOST}`;
    case 'corrupt':
      return `the journal ${path} is damaged (${said}): stop the manager, look with \`tagmill journal verify\`, and start it again; it then recovers from what is whole. Nothing is confirmed until then, and reads are served.`;
  }
}

/** An error of opening as one of ours. */
export function openFault(path: string, error: unknown): TagmillError {
  if (error instanceof TagmillError) return error;
  const state = faultState(path, error);
  const said = error instanceof Error ? error.message : String(error);
  if (state === 'full') return new TagmillError('DISK_FULL', `no space is left for ${path}: free some and start again`, {}, error);
  if (state === 'read-only' || said.includes('unable to open') || said.includes('directory does not exist'))
    return new TagmillError(
      'CONFIG_INVALID',
      `${path} cannot be written: check that its folder exists and belongs to this user`,
      {},
      error,
    );
  return new TagmillError('INTERNAL', `${path} cannot be opened: ${said}`, {}, error);
}
