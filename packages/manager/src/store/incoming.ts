/**
 * Putting another history in the place of what lies in a data directory. It is
 * made complete and durable beside, then given the name `incoming`; from there
 * on it is put in place even when the process ends in the middle, by the next
 * one that opens the directory. What lay there is moved aside, never deleted.
 */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { CommittedBatch, Position } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import { asideName, INCOMING, INCOMING_TEMP, JOURNAL_FILE, SNAPSHOT_FOLDER } from './places.ts';
import { verifySnapshotFile } from './snapshot-file.ts';
import { makeSnapshotFolder, snapshotPath } from './snapshot-folder.ts';
import { flushFile, syncFolder } from './sync-folder.ts';
import { linkFault } from './walk-chain.ts';

/** A history under construction. */
export class Incoming {
  private readonly dataDir: string;
  private readonly folder: string;
  private readonly file: JournalFile;
  private at: Position;

  /** It begins behind `base`. */
  constructor(dataDir: string, base: Position) {
    this.dataDir = dataDir;
    this.folder = join(dataDir, INCOMING_TEMP);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder);
    this.file = JournalFile.open(join(this.folder, JOURNAL_FILE), { create: true, base: () => base });
    this.at = base;
  }

  /** Copies a verified snapshot, which is where this history begins; the folder of snapshots is replaced by it. */
  static behind(dataDir: string, snapshot: string): Incoming {
    const { lineage, term, seq, hash } = verifySnapshotFile(snapshot);
    const incoming = new Incoming(dataDir, { lineage, term, seq, hash });
    makeSnapshotFolder(incoming.folder);
    const copy = snapshotPath(incoming.folder, seq);
    copyFileSync(snapshot, copy);
    flushFile(copy);
    syncFolder(join(incoming.folder, SNAPSHOT_FOLDER));
    return incoming;
  }

  /** Errors: INTERNAL when a batch does not follow on the one before. */
  add(batches: readonly CommittedBatch[]): void {
    for (const batch of batches) {
      const fault = linkFault(this.at, batch);
      if (fault !== undefined) throw new TagmillError('INTERNAL', `a copy of the journal does not hold: ${fault}`);
      this.at = { ...this.at, term: batch.term, seq: batch.seq, hash: batch.hash };
    }
    this.file.appendAll(batches);
  }

  /** Where it ends now. */
  get end(): Position {
    return this.at;
  }

  /** Durable and complete; `putInPlace` follows. */
  finish(): void {
    this.file.checkpoint();
    this.file.close();
    flushFile(join(this.folder, JOURNAL_FILE));
    syncFolder(this.folder);
    failpoint('manager.incoming.complete');
    renameSync(this.folder, join(this.dataDir, INCOMING));
    syncFolder(this.dataDir);
  }

  abandon(): void {
    this.file.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Finishes a replacement, also one that another process has begun; the folder
 * that what lay there is in now, undefined when there was nothing to do. No
 * file of the journal may be open.
 */
export function putInPlace(dataDir: string, nowMs: number): string | undefined {
  rmSync(join(dataDir, INCOMING_TEMP), { recursive: true, force: true });
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
