/**
 * A history under construction in a folder beside its place: a journal file
 * whose every batch follows on the one before, behind a snapshot or from the
 * beginning. It gets its name once it is complete and durable.
 */
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { CommittedBatch, Position } from './journal.ts';
import { JournalFile } from './journal-file.ts';
import { JOURNAL_FILE, SNAPSHOT_FOLDER } from './places.ts';
import { verifySnapshotFile } from './snapshot-file.ts';
import { makeSnapshotFolder, snapshotPath } from './snapshot-folder.ts';
import { flushFile, syncFolder } from './sync-folder.ts';
import { linkFault } from './walk-chain.ts';

const TEMP_SUFFIX = '.tmp';

export class HistoryFolder {
  private readonly place: string;
  private readonly temp: string;
  private readonly file: JournalFile;
  private at: Position;

  /**
   * It begins behind `base`, and is to be at `place`, where nothing is yet.
   * Without `keepsSnapshots` it has a folder of snapshots, which takes the place of the one that is there.
   */
  constructor(place: string, base: Position, keepsSnapshots = false) {
    this.place = place;
    this.temp = `${place}${TEMP_SUFFIX}`;
    rmSync(this.temp, { recursive: true, force: true });
    mkdirSync(this.temp, { recursive: true });
    if (!keepsSnapshots) makeSnapshotFolder(this.temp);
    this.file = JournalFile.open(join(this.temp, JOURNAL_FILE), { create: true, base: () => base });
    this.at = base;
  }

  /** Copies a snapshot, verified, which is where this history begins. Errors: SNAPSHOT_UNUSABLE, those of the disk. */
  static behind(place: string, snapshot: string): HistoryFolder {
    const { lineage, term, seq, hash } = verifySnapshotFile(snapshot);
    const history = new HistoryFolder(place, { lineage, term, seq, hash });
    try {
      const copy = snapshotPath(history.temp, seq);
      copyFileSync(snapshot, copy);
      flushFile(copy);
      syncFolder(join(history.temp, SNAPSHOT_FOLDER));
      return history;
    } catch (error) {
      history.abandon();
      throw error;
    }
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

  /** Makes it durable and gives it its name. */
  finish(): void {
    this.file.checkpoint();
    this.file.close();
    flushFile(join(this.temp, JOURNAL_FILE));
    syncFolder(this.temp);
    renameSync(this.temp, this.place);
    syncFolder(dirname(this.place));
    failpoint('manager.incoming.complete');
  }

  abandon(): void {
    this.file.close();
    rmSync(this.temp, { recursive: true, force: true });
  }
}
