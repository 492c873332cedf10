/** What the tag store's worker thread is asked and answers. */
import type { ErrorCode } from '@tagmill/shared/errors';
import type { MergeCommand, MergeResult, RollbackCommand } from '@tagmill/shared/job';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import type { BatchCounts } from '@tagmill/shared/merge/counts';
import type { MergeJob } from '@tagmill/shared/merge/pass-tags';
import type { SettleRequest } from '../ledger.ts';

/** Jobs that both sides remember, oldest forgotten first, so that a job travels once. */
export const JOBS_KEPT = 64;

export type StoreRequest =
  | {
      readonly kind: 'merge';
      readonly id: number;
      readonly jobKey: string;
      /** Absent: sent before. */
      readonly job?: MergeJob;
      readonly command: MergeCommand;
      readonly index: number;
      readonly batch: MergeBatch;
      /** No batch of the shard follows. */
      readonly last: boolean;
    }
  | { readonly kind: 'undo'; readonly id: number; readonly job: MergeJob; readonly command: RollbackCommand; readonly index: number }
  | { readonly kind: 'settle'; readonly id: number; readonly request: SettleRequest }
  | { readonly kind: 'close'; readonly id: number };

export interface StoreFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Of a merge; of an undo, undefined where there was no such block; of a settling; nothing of a close. */
export type StoreValue = BatchCounts | readonly (MergeResult | null)[] | undefined;

export type StoreAnswer =
  | { readonly kind: 'opened' }
  | { readonly kind: 'done'; readonly id: number; readonly value: StoreValue }
  /** `id` -1: the store could not be opened. */
  | { readonly kind: 'failed'; readonly id: number; readonly failure: StoreFailure };
