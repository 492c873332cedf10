/** All that can be said of a data directory: every byte of every snapshot, every link of the chain. */
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import type { JournalFault, Position, SnapshotHead } from './journal.ts';
import { openDataDir } from './offline.ts';
import { JOURNAL_FILE } from './places.ts';
import { verifySnapshotFile } from './snapshot-file.ts';
import { findSnapshots } from './snapshot-folder.ts';
import { walkChain } from './walk-chain.ts';

export interface Verdict {
  readonly path: string;
  /** Behind this its entries begin; null when the file cannot be read. */
  readonly base: Position | null;
  /** Where a start would come to. */
  readonly head: Position | null;
  readonly snapshots: readonly SnapshotVerdict[];
  /** What a start would find; null when it finds nothing wrong. */
  readonly fault: JournalFault | null;
  /** A break before the newest snapshot, which a start does not need. */
  readonly older: JournalFault | null;
}

export interface SnapshotVerdict {
  readonly path: string;
  readonly head: SnapshotHead | null;
  /** Why it cannot be used; null when it can. */
  readonly why: string | null;
}

/** Errors: NOT_FOUND, CONFIG_INVALID when a newer version wrote it, MANAGER_LIVE when a manager of an older version has it. */
export function verifyDataDir(dataDir: string): Verdict {
  const { file, found, close } = openDataDir(dataDir);
  try {
    const base = 'missing' in file ? null : file.base;
    const whole = 'missing' in file || base === null ? null : walkChain(file, base).fault;
    const refused = new Map(found.refused.map(({ path, why }) => [path, why]));
    const snapshots = findSnapshots(dataDir).map(({ path }) => snapshotVerdict(path, refused.get(path)));
    const older = whole !== null && whole.atSeq !== found.fault?.atSeq ? whole : null;
    return { path: join(dataDir, JOURNAL_FILE), base, head: found.head, snapshots, fault: found.fault, older };
  } finally {
    close();
  }
}

function snapshotVerdict(path: string, refused: string | undefined): SnapshotVerdict {
  try {
    return { path, head: verifySnapshotFile(path), why: refused ?? null };
  } catch (error) {
    if (!(error instanceof TagmillError)) throw error;
    return { path, head: null, why: error.message };
  }
}
