/** What lies in a data directory: which snapshot can be used, how far the journal holds behind it, what is wrong where it ends. */
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { STATE_FORMAT } from '../core/snapshot/section.ts';
import { sameBytes } from './chain.ts';
import type { JournalFault, Position, SnapshotHead, Survey } from './journal.ts';
import type { JournalFile } from './journal-file.ts';
import { JOURNAL_FILE } from './places.ts';
import { readSnapshotHead, verifySnapshotFile } from './snapshot-file.ts';
import { findSnapshots } from './snapshot-folder.ts';
import { lastSeqOf, walkChain } from './walk-chain.ts';

export interface Found extends Survey {
  /** Where a replay begins: at a snapshot, or at the beginning. */
  readonly start: Position | null;
  /** Snapshots that cannot be used, and why. */
  readonly refused: readonly { readonly path: string; readonly why: string }[];
}

/** The journal's file, or why there is none to read. */
export type FileOrReason = JournalFile | { readonly missing: string };

/**
 * Looks at everything behind the newest snapshot that can be used. Errors:
 * CONFIG_INVALID when a newer version wrote what lies there.
 */
export function surveyOf(dataDir: string, file: FileOrReason): Found {
  const path = join(dataDir, JOURNAL_FILE);
  const base = 'missing' in file ? undefined : file.base;
  const { usable, refused } = lookAtSnapshots(dataDir, 'missing' in file ? undefined : file, base);
  const newest = usable.at(-1);
  const found = { snapshots: usable, refused };
  if ('missing' in file || base === undefined) {
    const { missing } = file as { missing: string };
    const head = newest === undefined ? null : positionOf(newest);
    return { ...found, fresh: false, head, start: head, fault: unreadable(path, head, missing) };
  }
  if (newest === undefined && base.seq > 0) {
    const why = `it begins behind entry ${base.seq}, and no snapshot of what was before can be used`;
    return {
      ...found,
      fresh: false,
      head: null,
      start: null,
      fault: { ...unreadable(path, null, why), atSeq: base.seq, lastSeq: lastSeqOf(file) },
    };
  }
  const start = newest === undefined ? base : positionOf(newest);
  const { head, fault } = walkChain(file, start);
  const fresh = usable.length === 0 && refused.length === 0 && head.seq === 0 && fault === null;
  return { ...found, fresh, head, start, fault: fault ?? shorterThanSnapshot(file, start) };
}

/** A journal that ends before its newest snapshot has lost entries; those behind the snapshot, too, for all one knows. */
function shorterThanSnapshot(file: JournalFile, start: Position): JournalFault | null {
  const last = lastSeqOf(file);
  return last >= start.seq ? null : unreadable(file.path, start, `it ends at entry ${last}, before the newest snapshot`);
}

const unreadable = (path: string, head: Position | null, why: string): JournalFault => ({
  kind: 'unreadable',
  atSeq: (head?.seq ?? 0) + 1,
  lastSeq: head?.seq ?? 0,
  sentence: `the journal ${path} cannot be used: ${why}${head === null ? '' : `; the snapshot at entry ${head.seq} is whole`}`,
});

const positionOf = ({ lineage, term, seq, hash }: Position): Position => ({ lineage, term, seq, hash });

/** From the newest backwards every byte is looked at until one holds; of those before it only what they say that they are. */
function lookAtSnapshots(
  dataDir: string,
  file: JournalFile | undefined,
  base: Position | undefined,
): { readonly usable: SnapshotHead[]; readonly refused: { path: string; why: string }[] } {
  const usable: SnapshotHead[] = [];
  const refused: { path: string; why: string }[] = [];
  for (const { seq, path } of findSnapshots(dataDir).reverse()) {
    try {
      const head = usable.length === 0 ? verifySnapshotFile(path) : readSnapshotHead(path);
      refuseNewer(path, head);
      const why = head.seq === seq ? foreign(head, file, base, usable.at(0)) : `it is of entry ${head.seq}`;
      if (why === undefined) usable.unshift(head);
      else refused.push({ path, why });
    } catch (error) {
      if (!(error instanceof TagmillError) || error.code !== 'SNAPSHOT_UNUSABLE') throw error;
      refused.push({ path, why: error.message });
    }
  }
  return { usable, refused };
}

/** Why a snapshot is not of this journal; undefined when it is, as far as the journal can tell. */
function foreign(
  head: SnapshotHead,
  file: JournalFile | undefined,
  base: Position | undefined,
  newer: Position | undefined,
): string | undefined {
  const lineage = base?.lineage ?? newer?.lineage;
  if (lineage !== undefined && head.lineage !== lineage) return `it is of another journal (${head.lineage}, not ${lineage})`;
  if (base === undefined || file === undefined) return undefined;
  const hash = head.seq === base.seq ? base.hash : hashAt(file, head.seq);
  if (hash === undefined || sameBytes(hash, head.hash)) return undefined;
  return `its hash is not the one of entry ${head.seq} in the journal`;
}

/** Undefined as well when that page of the journal cannot be read: the walk says so where it matters. */
function hashAt(file: JournalFile, seq: number): Uint8Array | undefined {
  try {
    return file.hashAt(seq);
  } catch (error) {
    if (error instanceof TagmillError) throw error;
    return undefined;
  }
}

function refuseNewer(path: string, { format }: SnapshotHead): void {
  if (format <= STATE_FORMAT) return;
  throw new TagmillError(
    'CONFIG_INVALID',
    `the snapshot ${path} has the state format ${format}, and this version reads up to ${STATE_FORMAT}: start the version that wrote it, or a newer one`,
  );
}
