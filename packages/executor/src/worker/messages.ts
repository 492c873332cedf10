/** Between an executor's process and its worker processes. */
import type { EvaluateResult, MergeCommand, MergeResult, PassJob, PlanRequest, PlanResult, RollbackCommand } from '@tagmill/shared/job';
import type { FieldLooks, FieldsJob, Letters, Move, PreviewCounts, UserJob, UserRows } from '@tagmill/shared/question';
import type { Connections } from '@tagmill/shared/connections';
import type { RuleEngine } from '@tagmill/shared/rule-engine';

export interface WorkerSetup {
  readonly connections: Connections;
  readonly spoolDir: string;
  readonly cacheDir: string;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly engine: RuleEngine;
  readonly spoolBytes: number;
  readonly cacheBytes: number;
}

export type WorkerTask =
  | { readonly kind: 'plan'; readonly request: PlanRequest }
  | { readonly kind: 'evaluate'; readonly jobName: string; readonly shard: number }
  | { readonly kind: 'merge'; readonly jobName: string; readonly command: MergeCommand }
  /** `jobName` is the template of the pass that is undone. */
  | { readonly kind: 'rollback'; readonly jobName: string; readonly command: RollbackCommand }
  | { readonly kind: 'noop'; readonly shards: Uint32Array }
  | { readonly kind: 'fields'; readonly job: FieldsJob }
  | { readonly kind: 'user'; readonly user: string; readonly job: UserJob }
  /** `jobName` is that of a LettersJob. */
  | { readonly kind: 'letters'; readonly jobName: string; readonly user: string }
  /** `jobName` is that of a PreviewJob. */
  | { readonly kind: 'preview'; readonly jobName: string; readonly shard: number; readonly enough?: readonly Move[] };

export type WorkerResult = PlanResult | EvaluateResult | MergeResult | FieldLooks | UserRows | Letters | PreviewCounts | null;

export type ToWorker =
  | { readonly type: 'setup'; readonly setup: WorkerSetup }
  | { readonly type: 'job'; readonly name: string; readonly job: PassJob }
  | { readonly type: 'forget-job'; readonly name: string }
  | { readonly type: 'task'; readonly id: number; readonly task: WorkerTask }
  | { readonly type: 'abort'; readonly id: number }
  /** Embedded mode: the manager has merged so many batches of this task, or is done. */
  | {
      readonly type: 'rows-merged';
      readonly id: number;
      readonly batches: number;
      readonly done: boolean;
      readonly failed: boolean;
      readonly resultJson: string;
    };

export interface RowsBatch {
  readonly users: number;
  readonly words: number;
  readonly lastBatch: boolean;
  /** Columns as in proto Rows. */
  readonly data: Uint8Array;
}

export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly id: number; readonly result: WorkerResult }
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly table?: string;
      readonly tagId?: number;
    }
  | { readonly type: 'rows'; readonly id: number; readonly batch: RowsBatch }
  /** What the task does before its own work; the empty text: it goes on with that. */
  | { readonly type: 'note'; readonly id: number; readonly text: string };
