/** The folder of snapshots: `<seq, 12 digits>.db`, the last three kept. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SNAPSHOT_FOLDER } from './places.ts';
import { syncFolder } from './sync-folder.ts';
import { TEMP_SUFFIX } from './snapshot-file.ts';

export const SNAPSHOTS_KEPT = 3;
const NAME = /^(\d{12})\.db$/;

export interface FoundSnapshot {
  readonly seq: number;
  readonly path: string;
}

export const snapshotPath = (dataDir: string, seq: number): string => join(dataDir, SNAPSHOT_FOLDER, `${String(seq).padStart(12, '0')}.db`);

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

/** Removes all but the newest of those up to `seq`, so many as are kept; the sequence number of the oldest that stays. */
export function keepNewest(dataDir: string, usable: ReadonlySet<number>): number | undefined {
  const found = findSnapshots(dataDir);
  const kept = found.filter(({ seq }) => usable.has(seq)).slice(-SNAPSHOTS_KEPT);
  const oldest = kept[0]?.seq;
  const gone = found.filter(({ seq }) => oldest !== undefined && seq < oldest);
  for (const { path } of gone) rmSync(path, { force: true });
  if (gone.length > 0) syncFolder(join(dataDir, SNAPSHOT_FOLDER));
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
