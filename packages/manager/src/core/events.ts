/**
 * Everything that can happen to the manager's state. Inputs come from outside
 * (a person, an executor, a clock) and are journaled before they are applied;
 * decisions are the core's own, applied at once and journaled with the next
 * batch, so that a replay never decides again (architecture.md).
 */
import type { RunClock } from '@tagmill/shared/fields';
import type { PassTag, PlanResult, UserScope } from '@tagmill/shared/job';
import type { Action, DownstreamPolicy } from '@tagmill/shared/words';
import type { RunSpec } from './run-spec.ts';

export interface HeldAttempts {
  readonly fanOut: number;
  readonly shards: readonly number[];
  readonly tokens: readonly number[];
}

export type Input =
  | { readonly type: 'term-taken'; readonly term: number }
  | { readonly type: 'tokens-reserved'; readonly upTo: number }
  | { readonly type: 'run-created'; readonly spec: RunSpec }
  | {
      readonly type: 'command';
      readonly runId: string;
      readonly action: Action;
      readonly names: readonly string[];
      readonly downstream: DownstreamPolicy;
      readonly reason: string | null;
      readonly who: string;
    }
  | {
      readonly type: 'executor-joined';
      readonly id: string;
      readonly name: string;
      /** Changes with every start of the executor's process. */
      readonly instance: string;
      /** Number of the stream that said so. When it is not the one that stands by now, nothing is leased over it. */
      readonly link?: number;
      readonly slots: number;
      readonly version: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly held: readonly HeldAttempts[];
    }
  | { readonly type: 'executor-draining'; readonly id: string }
  | {
      readonly type: 'plan-found';
      readonly fanOut: number;
      readonly token: number;
      readonly executor: string;
      readonly plan: PlanResult;
      readonly clock: RunClock;
      readonly users: UserScope;
      readonly tags: readonly TagVerdict[];
    }
  | {
      /**
       * What the target says of shards that nobody was left to tell of: per
       * shard the JSON of its MergeResult when all of it is there, else null.
       * An older attempt cannot write any more.
       */
      readonly type: 'settled';
      readonly fanOut: number;
      readonly token: number;
      readonly shards: readonly number[];
      readonly results: readonly (string | null)[];
    }
  | ResultsEvent;

/** What the check of a rule against the plan's catalogue said. */
export type TagVerdict =
  | { readonly tagId: number; readonly ok: true; readonly tag: PassTag }
  | { readonly tagId: number; readonly ok: false; readonly code: string; readonly message: string };

export const RESULT_DONE = 0;
export const RESULT_FAILED = 1;
export const RESULT_STOPPED = 2;

/** Results of one fan-out from one executor, as columns; `details` is JSON per shard, null for tiny ones. */
export interface ResultsEvent {
  readonly type: 'results';
  readonly executor: string;
  readonly fanOut: number;
  readonly shards: Uint32Array;
  readonly tokens: Float64Array;
  readonly status: Uint8Array;
  readonly details: readonly string[] | null;
}

export type Decision =
  | { readonly type: 'run-started'; readonly runId: string }
  | { readonly type: 'pass-formed'; readonly runId: string; readonly rows: readonly number[]; readonly outerNumber?: number }
  | { readonly type: 'merge-started'; readonly runId: string; readonly pass: number }
  /** A tag that the plan refused was asked to run again. */
  | { readonly type: 'tag-refused'; readonly runId: string; readonly row: number }
  | { readonly type: 'report-made'; readonly runId: string; readonly row: number }
  | { readonly type: 'executor-lost'; readonly id: string; readonly why: 'silent' | 'disconnected' | 'restarted' | 'drained' }
  /** The target is asked what became of shards, under a token above all that were given. */
  | { readonly type: 'settle-asked'; readonly fanOut: number; readonly token: number; readonly shards: readonly number[] }
  /** A row's changes by a pass are undone by a pass of its own. */
  | {
      readonly type: 'rollback-formed';
      readonly runId: string;
      readonly row: number;
      readonly undoes: number;
      readonly outerNumber?: number;
    }
  | LeasedEvent;

/** Shard i of `shards` is leased under token `firstToken + i`. */
export interface LeasedEvent {
  readonly type: 'leased';
  readonly executor: string;
  readonly fanOut: number;
  readonly firstToken: number;
  readonly shards: Uint32Array;
}

export type ManagerEvent = Input | Decision;

/** An event with the time that the loop stamped on its batch, ms since 1970. */
export interface Stamped {
  readonly atMs: number;
  readonly event: ManagerEvent;
}

/** JSON of a failed result's detail. */
export interface FailureDetail {
  readonly code: string;
  readonly message: string;
  /** The table at fault, when it is one table's. */
  readonly table?: string;
  /** The tag at fault, when it is one tag's. */
  readonly tagId?: number;
}
