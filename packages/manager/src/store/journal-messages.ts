/** Between the manager's thread and the journal's. */
import type { CommittedBatch, JournalBatch, JournalHealth, Position, Survey } from './journal.ts';

export type ToJournal =
  | { readonly type: 'open' }
  | { readonly type: 'append'; readonly batch: JournalBatch }
  | { readonly type: 'tail'; readonly id: number; readonly fromSeq: number; readonly maxBytes: number }
  | { readonly type: 'close' };

export type FromJournal =
  | { readonly type: 'opened'; readonly survey: Survey }
  /** `events`: each shard of a lease or a result as one. */
  | { readonly type: 'committed'; readonly batch: CommittedBatch; readonly events: number }
  /** The batch is not in the journal and will not be. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'tail'; readonly id: number; readonly batches: readonly CommittedBatch[] }
  | { readonly type: 'health'; readonly health: JournalHealth }
  | { readonly type: 'failed'; readonly id?: number; readonly code: string; readonly message: string };

export interface JournalWorkerData {
  readonly dataDir: string;
}

export type { Position };
