/** Backups: a data directory in its smallest form, the newest snapshot and the journal behind it. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { lockDataDir } from './data-dir-lock.ts';
import { HistoryFolder } from './history-folder.ts';
import { putInPlace } from './incoming.ts';
import type { Position } from './journal.ts';
import { type OpenDataDir, openDataDir } from './offline.ts';
import { INCOMING, JOURNAL_FILE, SNAPSHOT_FOLDER } from './places.ts';
import { snapshotPath } from './snapshot-folder.ts';

const COPY_BYTES = 4 * 1024 * 1024;
/** A manager may make a snapshot, and remove the one that is being copied, as often as this. */
const TRIES = 3;

export interface Copied {
  /** Where the copy ends. */
  readonly at: Position;
  /** Entry of its snapshot; null: it begins at the first entry. */
  readonly snapshotSeq: number | null;
}

/** Copies what a directory holds to `to`, which must not exist yet; a manager may work in it meanwhile. Errors: NOT_ALLOWED, those of reading and writing. */
export function backUp(dataDir: string, to: string): Copied {
  if (existsSync(to)) throw new TagmillError('NOT_ALLOWED', `${to} exists already; name a folder that does not`);
  mkdirSync(dirname(to), { recursive: true });
  for (let tries = 1; ; tries++) {
    try {
      return copyHistory(dataDir, to, false);
    } catch (error) {
      if (tries === TRIES || !isMoved(error)) throw error;
    }
  }
}

/** Puts a backup in place of what a directory holds. With `force` what lies there is moved aside. Errors: MANAGER_LIVE, NOT_ALLOWED, those of a backup that does not hold. */
export function restore(from: string, dataDir: string, force: boolean, nowMs: number): Copied & { readonly aside: string | undefined } {
  mkdirSync(dataDir, { recursive: true });
  const unlock = lockDataDir(dataDir);
  try {
    const before = putInPlace(dataDir, nowMs);
    const held = readdirSync(dataDir).filter((name) => name === JOURNAL_FILE || name === SNAPSHOT_FOLDER);
    if (held.length > 0 && !force)
      throw new TagmillError('NOT_ALLOWED', `${dataDir} holds a journal already; name another directory, or --force moves it aside`);
    const copied = copyHistory(from, join(dataDir, INCOMING), true);
    return { ...copied, aside: putInPlace(dataDir, nowMs) ?? before };
  } finally {
    unlock();
  }
}

function copyHistory(from: string, to: string, mustBeWhole: boolean): Copied {
  const source = openDataDir(from);
  try {
    const { head, start, fault } = source.found;
    if (head === null || start === null) throw new TagmillError('INTERNAL', fault?.sentence ?? `${from} holds nothing that can be used`);
    if (mustBeWhole && fault !== null) throw new TagmillError('FILE_UNREADABLE', `${from} is not whole: ${fault.sentence}`);
    const history = beginning(source, from, to, start);
    try {
      copyBatches(source, history, start, fault === null ? Number.POSITIVE_INFINITY : head.seq);
      history.finish();
      return { at: history.end, snapshotSeq: hasSnapshot(source, start) ? start.seq : null };
    } catch (error) {
      history.abandon();
      throw error;
    }
  } finally {
    source.close();
  }
}

const hasSnapshot = ({ found }: OpenDataDir, start: Position): boolean => found.snapshots.at(-1)?.seq === start.seq;

const beginning = (source: OpenDataDir, from: string, to: string, start: Position): HistoryFolder =>
  hasSnapshot(source, start) ? HistoryFolder.behind(to, snapshotPath(from, start.seq)) : new HistoryFolder(to, start);

function copyBatches({ file }: OpenDataDir, history: HistoryFolder, start: Position, toSeq: number): void {
  if ('missing' in file) return;
  for (let at = start.seq; at < toSeq; ) {
    const batches = file.tail(at + 1, COPY_BYTES).filter(({ seq }) => seq <= toSeq);
    if (batches.length === 0) return;
    history.add(batches);
    at = history.end.seq;
  }
}

/** The manager has removed a snapshot while it was being copied. */
function isMoved(error: unknown): boolean {
  return (error instanceof TagmillError && error.code === 'SNAPSHOT_UNUSABLE') || (error as NodeJS.ErrnoException).code === 'ENOENT';
}
