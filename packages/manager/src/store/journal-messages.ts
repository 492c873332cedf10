/** Between the manager's thread and the journal's. */
import type { CommittedBatch, JournalBatch, JournalHealth, Position } from './journal.ts';
import type { Found } from './survey.ts';

/** Asked with a number, answered under the same. */
export type JournalCall =
  | { readonly type: 'open' }
  | { readonly type: 'tail'; readonly fromSeq: number; readonly maxBytes: number }
  /** Begins to take a history in the place of this one: behind a snapshot file, or from the beginning. */
  | { readonly type: 'install-begin'; readonly snapshot: string | null; readonly lineage: string }
  | { readonly type: 'install-batches'; readonly batches: readonly CommittedBatch[] }
  | { readonly type: 'install-end'; readonly at: Position }
  | { readonly type: 'install-abandon' };

/** What each call is answered with. */
export interface JournalAnswers {
  readonly open: Found;
  readonly tail: readonly CommittedBatch[];
  readonly 'install-begin': null;
  readonly 'install-batches': null;
  readonly 'install-end': Found;
  readonly 'install-abandon': null;
}

export type ToJournal =
  | { readonly type: 'call'; readonly id: number; readonly call: JournalCall }
  | { readonly type: 'append'; readonly batch: JournalBatch }
  /** Entries up to this one are in a snapshot that is older than those that are needed. */
  | { readonly type: 'trim'; readonly toSeq: number }
  /** What was confirmed does not hold on disk: nothing more is written. */
  | { readonly type: 'condemn'; readonly why: string }
  | { readonly type: 'close' };

export type FromJournal =
  | { readonly type: 'answer'; readonly id: number; readonly answer: JournalAnswers[JournalCall['type']] }
  | { readonly type: 'failed'; readonly id: number; readonly code: string; readonly message: string }
  /** `events`: each shard of a lease or a result as one. */
  | { readonly type: 'committed'; readonly batch: CommittedBatch; readonly events: number }
  /** The batch is not in the journal and will not be. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'health'; readonly health: JournalHealth }
  /** What lay here was moved aside. */
  | { readonly type: 'aside'; readonly folder: string };

export interface JournalWorkerData {
  readonly dataDir: string;
  readonly faults: JournalFaults | null;
}

/**
 * Faults that tests plant, shared memory of two numbers: [0] how the next write
 * fails (FAULT), [1] milliseconds added to every flush.
 */
export type JournalFaults = Int32Array<SharedArrayBuffer>;

export const FAULT = { none: 0, flushLost: 1, flushReached: 2, full: 3, corrupt: 4 } as const;

export const plantFaults = (): JournalFaults => new Int32Array(new SharedArrayBuffer(8));
