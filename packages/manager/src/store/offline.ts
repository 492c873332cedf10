/** A data directory looked at without a manager: verify, dump, back up, restore. Also while one works in it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { isBusy, inUse, isDataDirInUse } from './data-dir-lock.ts';
import { JournalFile } from './journal-file.ts';
import { JOURNAL_FILE } from './places.ts';
import { findSnapshots } from './snapshot-folder.ts';
import { type FileOrReason, type Found, surveyOf } from './survey.ts';

export interface OpenDataDir {
  readonly file: FileOrReason;
  readonly found: Found;
  close(): void;
}

/** Opens the files of a directory to read and looks at them. Errors: NOT_FOUND when there is no journal; those of `surveyOf`; MANAGER_LIVE. */
export function openDataDir(dataDir: string): OpenDataDir {
  const path = join(dataDir, JOURNAL_FILE);
  if (!existsSync(path) && findSnapshots(dataDir).length === 0) {
    throw new TagmillError('NOT_FOUND', `there is no journal in ${dataDir}; name the manager's directory with --data-dir`);
  }
  const file = fileIn(dataDir, path);
  const close = (): void => {
    if (!('missing' in file)) file.close();
  };
  try {
    return { file, found: surveyOf(dataDir, file), close };
  } catch (error) {
    close();
    throw error;
  }
}

function fileIn(dataDir: string, path: string): FileOrReason {
  if (!existsSync(path)) return { missing: 'it is not there' };
  try {
    return JournalFile.openToRead(path);
  } catch (error) {
    if (error instanceof TagmillError) throw error;
    // A manager of an older version lets nobody else read.
    if (isBusy(error)) throw inUse(dataDir, error);
    return { missing: `it cannot be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Whether a manager works in the directory; false as well for a directory that this user may only read. */
export function mayBeInUse(dataDir: string): boolean {
  try {
    return isDataDirInUse(dataDir);
  } catch (error) {
    if (error instanceof TagmillError && error.code !== 'INTERNAL') return false;
    throw error;
  }
}
