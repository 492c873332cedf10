/** Orders from the core to its shell. A replay discards them. */
import type { Step } from '@tagmill/shared/words';

export type Effect =
  | {
      readonly type: 'dispatch';
      readonly executor: string;
      readonly runId: string;
      readonly pass: number;
      readonly step: Step;
      readonly fanOut: number;
      readonly firstToken: number;
      readonly shards: Uint32Array;
      readonly attempts: Uint16Array;
      /** Merge only: tags in scope, and the hash each shard's piece must have. */
      readonly scope: readonly number[] | null;
      readonly pieceHashes: readonly string[] | null;
    }
  | {
      readonly type: 'confirm';
      readonly executor: string;
      readonly fanOut: number;
      readonly shards: Uint32Array;
      readonly tokens: Float64Array;
    }
  | {
      readonly type: 'cancel';
      readonly executor: string;
      readonly fanOut: number;
      readonly shards: readonly number[];
      readonly tokens: readonly number[];
      readonly why: string;
    }
  /** It is to finish what it has and go; said again after each Hello, since the word may be lost with a stream. */
  | { readonly type: 'drain'; readonly executor: string }
  /** Nothing of this pass is needed any more: executors drop its template and pieces. */
  | { readonly type: 'pass-over'; readonly runId: string; readonly pass: number }
  | { readonly type: 'run-over'; readonly runId: string };
