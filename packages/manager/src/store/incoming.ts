/**
 * Putting another history in the place of what lies in a data directory. It is
 * made complete and durable beside (HistoryFolder), then given the name `incoming`; from there
 * on it is put in place even when the process ends in the middle, by the next
 * one that opens the directory. What lay there is moved aside, never deleted.
 */
import { existsSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { failpoint } from '@tagmill/shared/failpoint';
import { asideName, INCOMING, JOURNAL_FILE, SNAPSHOT_FOLDER } from './places.ts';
import { syncFolder } from './sync-folder.ts';

/**
 * Finishes a replacement, also one that another process has begun; the folder
 * that what lay there is in now, undefined when there was nothing to do. No
 * file of the journal may be open.
 */
export function putInPlace(dataDir: string, nowMs: number): string | undefined {
  rmSync(join(dataDir, `${INCOMING}.tmp`), { recursive: true, force: true });
  const incoming = join(dataDir, INCOMING);
  if (!existsSync(incoming)) return undefined;
  const aside = join(dataDir, asideName(nowMs));
  if (existsSync(join(incoming, SNAPSHOT_FOLDER))) replace(dataDir, incoming, SNAPSHOT_FOLDER, aside);
  failpoint('manager.incoming.placing');
  if (existsSync(join(incoming, JOURNAL_FILE))) {
    // These are parts of the old file: beside the new one they would be taken for its own.
    for (const part of ['-wal', '-shm']) moveAside(join(dataDir, `${JOURNAL_FILE}${part}`), aside);
    replace(dataDir, incoming, JOURNAL_FILE, aside);
  }
  failpoint('manager.incoming.placed');
  rmdirSync(incoming);
  syncFolder(dataDir);
  return existsSync(aside) ? aside : undefined;
}

function replace(dataDir: string, incoming: string, name: string, aside: string): void {
  moveAside(join(dataDir, name), aside);
  renameSync(join(incoming, name), join(dataDir, name));
  syncFolder(dataDir);
}

/** Moves a file or folder into `aside`; nothing when it is not there. */
export function moveAside(path: string, aside: string): void {
  if (!existsSync(path)) return;
  mkdirSync(aside, { recursive: true });
  renameSync(path, join(aside, basename(path)));
}
