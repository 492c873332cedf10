/** The folder of snapshots: `<seq, 12 digits>.db`, the last three kept. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { failpoint } from '@tagmill/shared/failpoint';
import { SNAPSHOT_FOLDER } from './places.ts';
import { syncFolderBeside } from './sync-folder.ts';

export const SNAPSHOTS_KEPT = 3;
const TEMP_SUFFIX = '.tmp';
const NAME = /^(\d{12})\.db$/;

export interface FoundSnapshot {
  readonly seq: number;
  readonly path: string;
}

export const snapshotPath = (dataDir: string, seq: number): string => join(dataDir, SNAPSHOT_FOLDER, `${String(seq).padStart(12, '0')}.db`);

/** A name for a file that is being written: nobody else's, even while the process of a manager that is gone still writes. */
export const tempPath = (dataDir: string, seq: number): string => `${snapshotPath(dataDir, seq)}.${process.pid}${TEMP_SUFFIX}`;

export const makeSnapshotFolder = (dataDir: string): void => {
  mkdirSync(join(dataDir, SNAPSHOT_FOLDER), { recursive: true });
};

/** By name, newest last; none when there is no folder. */
export function findSnapshots(dataDir: string): FoundSnapshot[] {
  const folder = join(dataDir, SNAPSHOT_FOLDER);
  return namesIn(folder).flatMap((name) => {
    const digits = NAME.exec(name)?.[1];
    return digits === undefined ? [] : [{ seq: Number(digits), path: join(folder, name) }];
  });
}

/** Removes what a crash left of a snapshot that was being written. */
export function removeLeftovers(dataDir: string): void {
  const folder = join(dataDir, SNAPSHOT_FOLDER);
  for (const name of namesIn(folder)) {
    if (name.includes(TEMP_SUFFIX)) rmSync(join(folder, name), { force: true });
  }
}

/** Gives a file that is written and flushed the name under which it counts, durably. Not in the loop's thread. */
export async function nameSnapshot(dataDir: string, temp: string, seq: number): Promise<void> {
  failpoint('manager.snapshot.written');
  await rename(temp, snapshotPath(dataDir, seq));
  failpoint('manager.snapshot.renamed');
  await syncFolderBeside(join(dataDir, SNAPSHOT_FOLDER));
}

/**
 * Removes all but the newest of those that are usable, so many as are kept; gives the number of the oldest that stays, undefined while
 * there are fewer. Not in the loop's thread: removing a large file takes tens of milliseconds.
 */
export async function keepNewest(dataDir: string, usable: ReadonlySet<number>): Promise<number | undefined> {
  const found = findSnapshots(dataDir);
  const kept = found.filter(({ seq }) => usable.has(seq)).slice(-SNAPSHOTS_KEPT);
  const oldest = kept[0]?.seq;
  const gone = found.filter(({ seq }) => oldest !== undefined && seq < oldest);
  for (const { path } of gone) await rm(path, { force: true });
  if (gone.length > 0) await syncFolderBeside(join(dataDir, SNAPSHOT_FOLDER));
  return kept.length < SNAPSHOTS_KEPT ? undefined : oldest;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
