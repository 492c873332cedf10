/** Copies each new snapshot to S3, beside everything else: nothing waits for it, and what failed comes with the next. */
import type { SnapshotFile } from './journal.ts';
import type { JournalLog } from './journal-log.ts';
import { type S3Place, S3Snapshots } from './s3-snapshots.ts';

/** A store that is silent for longer than this is given up until the next snapshot. */
const MOST_MS = 10 * 60_000;

export class SnapshotUploader {
  private readonly store: S3Snapshots;
  private readonly keep: number;
  private readonly log: JournalLog;
  private readonly end = new AbortController();
  private next: SnapshotFile | undefined;
  private work: Promise<void> | undefined;

  constructor(place: S3Place & { readonly keep: number }, log: JournalLog) {
    this.store = new S3Snapshots(place);
    this.keep = place.keep;
    this.log = log;
  }

  /** Takes the newest snapshot; one that still waits is left out for it. */
  offer(file: SnapshotFile): void {
    this.next = file;
    this.work ??= this.run().finally(() => {
      this.work = undefined;
    });
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await this.work;
  }

  async close(): Promise<void> {
    this.end.abort();
    await this.work;
    this.store.close();
  }

  private async run(): Promise<void> {
    for (let file = this.take(); file !== undefined && !this.end.signal.aborted; file = this.take()) await this.copy(file);
  }

  private take(): SnapshotFile | undefined {
    const file = this.next;
    this.next = undefined;
    return file;
  }

  private async copy(file: SnapshotFile): Promise<void> {
    const signal = AbortSignal.any([this.end.signal, AbortSignal.timeout(MOST_MS)]);
    try {
      await this.store.upload(file, signal);
      await this.store.prune(file.head.lineage, this.keep, signal);
      this.log.info({ seq: file.head.seq, sizeBytes: file.head.sizeBytes, place: this.store.name }, 'a snapshot is copied to S3');
    } catch (error) {
      if (this.end.signal.aborted) return;
      this.log.warn(
        { error: error instanceof Error ? error.message : String(error) },
        'a snapshot could not be copied to S3; the next one is tried',
      );
    }
  }
}
