/** The snapshots on S3 as a candidate of a start: asked for once, and only when the own journal is not enough. */
import type { Candidate, Place } from '../core/recovery/candidate.ts';
import type { SnapshotHead } from '../store/journal.ts';
import type { S3Place, S3Snapshot } from '../store/s3-snapshots.ts';

export interface S3Copies {
  /** All there are, the newest by (term, seq) last. */
  list(signal: AbortSignal): Promise<readonly S3Snapshot[]>;
  /** Brings one to `path`, verified. */
  fetch(snapshot: S3Snapshot, path: string): Promise<SnapshotHead>;
}

/** The SDK is loaded only when it is needed. */
export function s3CopiesAt(place: S3Place | undefined): S3Copies | undefined {
  if (place === undefined) return undefined;
  const store = () => import('../store/s3-snapshots.ts');
  return {
    list: async (signal) => (await store()).listS3Snapshots(place, signal),
    fetch: async (snapshot, path) => (await store()).fetchS3Snapshot(place, snapshot, path),
  };
}

export class S3Candidate {
  private readonly copies: S3Copies | undefined;
  private readonly warn: (error: unknown) => void;
  private found: readonly S3Snapshot[] | undefined;
  private fault: string | undefined;
  private asking: Promise<void> | undefined;

  /** `copies` undefined: no place is configured. */
  constructor(copies: S3Copies | undefined, warn: (error: unknown) => void) {
    this.copies = copies;
    this.warn = warn;
  }

  /** Asks, for so long at most; resolves when there is an answer, or none will come. */
  ask(timeoutMs: number): Promise<void> {
    this.asking ??= this.list(timeoutMs);
    return this.asking;
  }

  /** There is an answer, or none will come. */
  get isSettled(): boolean {
    return this.copies === undefined || this.found !== undefined || this.fault !== undefined;
  }

  private async list(timeoutMs: number): Promise<void> {
    if (this.copies === undefined) return;
    try {
      this.found = await this.copies.list(AbortSignal.timeout(timeoutMs));
    } catch (error) {
      this.fault = `it cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
      this.warn(error);
    }
  }

  /** The newest of the history looked for; undefined while nobody was asked. */
  candidate(home: string, unreadable: string | undefined): Candidate | undefined {
    if (this.found === undefined && this.fault === undefined) return undefined;
    const newest = this.newest(home);
    return {
      source: 's3',
      name: 's3',
      at: newest === undefined ? null : placeOf(newest),
      chain: unreadable !== undefined ? 'unreadable' : newest === undefined ? 'missing' : 'whole',
      snapshotSeq: newest?.seq ?? 0,
      // A snapshot is bounded where it is fetched.
      sizeBytes: 0,
      writtenMs: newest?.writtenMs ?? null,
      // What lies there is under the manager's own credentials.
      signed: true,
      lastSeq: null,
      fault: unreadable ?? this.fault ?? null,
    };
  }

  /** Errors: SNAPSHOT_UNUSABLE, S3_UNAVAILABLE, S3_DENIED. */
  async fetch(at: Place, path: string): Promise<SnapshotHead> {
    const snapshot = this.found?.find((one) => placeOf(one).hash === at.hash && one.seq === at.seq && one.lineage === at.lineage);
    if (this.copies === undefined || snapshot === undefined) throw new Error('it is not on S3 any more');
    return await this.copies.fetch(snapshot, path);
  }

  private newest(home: string): S3Snapshot | undefined {
    return this.found?.findLast((one) => home === '' || one.lineage === home);
  }
}

const placeOf = ({ lineage, term, seq, hash }: S3Snapshot): Place => ({ lineage, term, seq, hash: Buffer.from(hash).toString('hex') });
