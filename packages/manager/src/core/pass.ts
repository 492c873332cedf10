/**
 * A pass: the shared evaluation of all tag instances that became ready
 * together; also the one-shard pass of a plan and that of a noop task. The
 * shards are the pass's, the state is each instance's own.
 */
import type { AttemptRecord } from '@tagmill/shared/feed/views';
import type { EvaluateResult, MergeResult } from '@tagmill/shared/job';
import { LIMITS } from '@tagmill/shared/limits';
import type { Step } from '@tagmill/shared/words';
import type { FanOut } from './fan-out.ts';

export type PassKind = 'plan' | 'tags' | 'noop' | 'rollback';
export type LeaveTarget = 'stopped' | 'skipped' | 'succeeded';

export interface TagTotals {
  evaluated: number;
  matched: number;
  unknown: number;
  entered: number;
  exited: number;
}

export interface Progress {
  readonly shardsTotal: number;
  readonly shardsDone: number;
  readonly shardsRunning: number;
  readonly shardsFailed: number;
}

export class Pass {
  /** Its place among the run's passes, from 1: what people and the journal call it. */
  readonly number: number;
  /**
   * What executors and the target know it by: a fan-out's number, so that no
   * term gives it again. After the loss of a journal's end a pass may get the
   * `number` of one that is forgotten; that one's template, pieces, fence and
   * done batches are never its own.
   */
  readonly outerNumber: number;
  readonly kind: PassKind;
  /** Rows of the run that formed it, ascending by tag id: a row's place is its bit. */
  readonly rows: readonly number[];
  /** Rows still in it. */
  readonly members: Set<number>;
  /** Rows that were asked to leave while attempts carry them: what they become, and how many attempts are left. */
  readonly leaving = new Map<number, { readonly target: LeaveTarget; remaining: number }>();
  /** How far the pass was when a row left it or failed. */
  readonly left = new Map<number, Progress>();
  /** Tags whose state its tags read, with the basis of each: the pass that has evaluated it, 0 as stored, -1 unknown. */
  basis: readonly (readonly [number, number])[] = [];
  step: Step;
  fanOut: FanOut | null = null;
  /**
   * `working`: shards are leased. `waiting-target`: evaluated and checked, waits
   * for the merge of another pass to end. `draining`: given up, waits for
   * attempts under way. `over`: nothing is left.
   */
  phase: 'working' | 'waiting-target' | 'draining' | 'over' = 'working';
  /** Why it was given up; null while it is not. */
  abandoned: string | null = null;

  /** Per shard of the evaluation: the piece's hash, and the executor's number + 1 that holds it. */
  pieceHash: string[] = [];
  pieceAt: Uint32Array = new Uint32Array(0);
  /** Scopes that merges were leased with, in order; per shard which one. */
  readonly scopes: number[][] = [];
  scopeOf: Uint16Array = new Uint16Array(0);
  /** Term since which every lease of its merge is known: of older ones the journal may have lost some. */
  sureSinceTerm = 0;
  /** Since when it waits for the target, ms. */
  targetSinceMs = 0;
  /** `rollback`: number of the pass that it undoes. */
  undoes = 0;
  /** Rows whose changes by this pass were undone. */
  readonly undone = new Set<number>();

  readonly totals = new Map<number, TagTotals>();
  users = { evaluated: 0, inserted: 0, updated: 0, unchanged: 0 };
  conflicts = 0;
  unreadableRows = 0;
  bytesRead = 0;
  attempts = 0;
  readonly stepStartedMs: Partial<Record<Step, number>> = {};
  readonly stepEndedMs: Partial<Record<Step, number>> = {};
  /** Ended attempts that did not do it, oldest first, bounded; and the last few that did. */
  readonly history: AttemptRecord[] = [];
  readonly recent: AttemptRecord[] = [];
  /** When running attempts were leased: shard -> ms; only for fan-outs that are not tiny. */
  readonly leasedAtMs = new Map<number, number>();

  constructor(number: number, outerNumber: number, kind: PassKind, rows: readonly number[], step: Step) {
    this.number = number;
    this.outerNumber = outerNumber;
    this.kind = kind;
    this.rows = rows;
    this.members = new Set(rows);
    this.step = step;
  }

  tag(tagId: number): TagTotals {
    let totals = this.totals.get(tagId);
    if (totals === undefined) {
      totals = { evaluated: 0, matched: 0, unknown: 0, entered: 0, exited: 0 };
      this.totals.set(tagId, totals);
    }
    return totals;
  }

  addEvaluated(result: EvaluateResult): void {
    this.users.evaluated += result.users;
    this.bytesRead += result.bytesRead;
    for (const tag of result.tags) {
      const totals = this.tag(tag.tagId);
      totals.evaluated += tag.evaluated;
      totals.matched += tag.matched;
      totals.unknown += tag.unknown;
    }
  }

  addMerged(result: MergeResult): void {
    this.users.inserted += result.inserted;
    this.users.updated += result.updated;
    this.users.unchanged += result.unchanged;
    this.conflicts += result.conflicts.length;
    this.unreadableRows += result.unreadableRows;
    this.bytesRead += result.bytesRead;
    for (const tag of result.tags) {
      const totals = this.tag(tag.tagId);
      totals.entered += tag.entered;
      totals.exited += tag.exited;
    }
  }

  remember(attempt: AttemptRecord): void {
    const list = attempt.outcome === 'done' ? this.recent : this.history;
    list.push(attempt);
    if (list.length > (attempt.outcome === 'done' ? LIMITS.doneAttemptsShown : LIMITS.attemptsShown)) list.shift();
  }
}

/** Shards of the step under way; evaluated and checked counts as all done until the merge begins. */
export function progressOf(pass: Pass | undefined): Progress {
  const fanOut = pass?.fanOut ?? null;
  if (fanOut === null) {
    const all = pass?.pieceHash.length ?? 0;
    return { shardsTotal: all, shardsDone: all, shardsRunning: 0, shardsFailed: 0 };
  }
  return { shardsTotal: fanOut.count, shardsDone: fanOut.done, shardsRunning: fanOut.leased, shardsFailed: fanOut.failed };
}
