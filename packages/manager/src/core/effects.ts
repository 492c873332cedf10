/** Orders from the core to its shell. A replay discards them. */
import type { Step } from '@tagmill/shared/words';

export type Effect =
  | {
      readonly type: 'dispatch';
      readonly executor: string;
      readonly runId: string;
      /** Its outer number. */
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
  /** Raise the fence of these shards to the token, read what of them is in the target, and say so as `settled`. */
  | {
      readonly type: 'settle';
      readonly runId: string;
      /** Its outer number. */
      readonly pass: number;
      readonly fanOut: number;
      readonly token: number;
      readonly shards: readonly number[];
      readonly scope: readonly number[];
      /** Hash that each shard's piece must have; null where there are no pieces. */
      readonly pieceHashes: readonly string[] | null;
    }
  /** It is to finish what it has and go; said again after each Hello, since the word may be lost with a stream. */
  | { readonly type: 'drain'; readonly executor: string }
  /** Nothing of this pass (its outer number) is needed any more: executors drop its template and pieces. */
  | { readonly type: 'pass-over'; readonly runId: string; readonly pass: number }
  | { readonly type: 'run-over'; readonly runId: string };

/**
 * What may be carried out only once the journal has the decision that it comes
 * from. A question to the target fences off the attempt that it is about: had
 * a crash lost the question, that attempt would go on as the one that holds the
 * lease, and fail as fenced. A rollback may have been formed in the same moment:
 * had a crash lost it, nobody would know the pass under which attempts write.
 */
export const waitsForJournal = (effect: Effect): boolean =>
  effect.type === 'settle' || (effect.type === 'dispatch' && effect.step === 'rollback');
