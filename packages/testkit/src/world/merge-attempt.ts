/**
 * One attempt at a shard of a merge, as a worker process makes it: claims the
 * fence, then a transaction a batch, again when the server is away, locked or
 * in a deadlock, and once more from the claim when an answer was lost.
 */
import type { MergeResult } from '@tagmill/shared/job';
import { MergeTotals } from '@tagmill/shared/merge/counts';
import type { Prng } from '@tagmill/shared/prng';
import type { FaultDice } from './faults.ts';
import type { Machine } from './machine.ts';
import { batchesOf, type Refused, type SimMerge, type SimTarget } from './target.ts';

/** For how long a target that is away is asked again. */
const RETRY_FOR_MS = 4_000;

export interface AttemptWorld {
  readonly target: SimTarget;
  readonly dice: FaultDice;
  readonly prng: Prng;
  /** Its process. */
  readonly machine: Machine;
  /** A transaction takes this long at most. */
  readonly paceMs: number;
}

export type AttemptEnd =
  | { readonly kind: 'done'; readonly result: MergeResult }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'stopped' };

export class MergeAttempt {
  /** Told to stop: it does at its next step, and rolls back what is open. */
  aborted = false;
  private readonly world: AttemptWorld;
  private readonly merge: SimMerge;
  private readonly ended: (end: AttemptEnd) => void;
  private readonly totals: MergeTotals;
  private batch = 0;
  private awaySinceMs: number | undefined;

  constructor(world: AttemptWorld, merge: SimMerge, ended: (end: AttemptEnd) => void) {
    this.world = world;
    this.merge = merge;
    this.ended = ended;
    this.totals = new MergeTotals(merge.scope);
  }

  start(): void {
    this.claim(false);
  }

  private later(fromMs: number, toMs: number, step: () => void): void {
    this.world.machine.after(this.world.prng.between(fromMs, toMs), () => {
      if (this.aborted) this.ended({ kind: 'stopped' });
      else step();
    });
  }

  private claim(kill: boolean): void {
    const answer = this.world.target.claim(this.merge, kill);
    if (answer === 'claimed') {
      this.awaySinceMs = undefined;
      this.later(1, 30, () => this.next());
    } else this.refused(answer);
  }

  private next(): void {
    if (this.batch === batchesOf(this.merge)) {
      this.ended({ kind: 'done', result: this.totals.result(0, 1) });
      return;
    }
    const { target, dice } = this.world;
    let killed = false;
    const transaction = target.begin(this.merge, () => {
      killed = true;
    });
    if (typeof transaction === 'string') {
      this.refused(transaction);
      return;
    }
    this.world.machine.after(this.world.prng.between(1, this.world.paceMs), () => {
      if (this.aborted) {
        transaction.end();
        this.ended({ kind: 'stopped' });
      } else if (killed) this.later(10, 500, () => this.claim(false));
      else if (dice.hits('deadlock')) {
        transaction.end();
        this.later(10, 200, () => this.next());
      } else this.commit(transaction);
    });
  }

  private commit(transaction: { readonly end: () => void }): void {
    const { target, dice } = this.world;
    const counts = target.commit(this.merge, this.batch);
    transaction.end();
    if (dice.hits('answer-lost')) {
      // Connects again, and finds by its record what stands there.
      this.later(10, 2_000, () => this.claim(false));
      return;
    }
    this.totals.add(counts);
    this.batch += 1;
    this.later(0, 10, () => this.next());
  }

  private refused(why: Refused): void {
    if (why === 'fenced') {
      this.ended({ kind: 'failed', code: 'FENCED', message: 'a newer attempt holds the shard' });
      return;
    }
    const nowMs = this.world.machine.steadyMs();
    this.awaySinceMs ??= nowMs;
    if (nowMs - this.awaySinceMs > RETRY_FOR_MS) {
      this.ended({ kind: 'failed', code: 'DATABASE_UNAVAILABLE', message: 'the target does not answer' });
      return;
    }
    // A lock that is not given back is that of a peer which froze: its connection is killed.
    this.later(50, 500, () => this.claim(why === 'locked'));
  }
}
