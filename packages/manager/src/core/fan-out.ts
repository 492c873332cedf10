/**
 * The shards of one step of one pass, as columns. A shard is waiting, leased,
 * done, failed, or unsure: an attempt of it may have had an effect in the
 * target, and nobody is left to tell. Its token is that of its last lease, or
 * of the last question to the target.
 */
import { assert } from '@tagmill/shared/assert';
import type { Step } from '@tagmill/shared/words';

export const WAITING = 0;
export const LEASED = 1;
export const DONE = 2;
export const FAILED = 3;
export const UNSURE = 4;

/** Whether attempts of a step change the target, so that one that nobody can tell of must be looked for there. */
export const writesTarget = (step: Step): boolean => step === 'merge' || step === 'rollback';

export class FanOut {
  readonly id: number;
  readonly step: Step;
  readonly count: number;
  /** Tiny shards (noop) are leased by the window, not by the slot. */
  readonly tiny: boolean;

  readonly state: Uint8Array;
  attempt: Uint16Array;
  /** Executor's number + 1 of the last lease; 0 is none. */
  executor: Uint32Array;
  token: Float64Array;
  /** How often an executor was lost while it held the shard. */
  losses: Uint8Array;
  /** How often an attempt failed by itself: only these are charged to the task's retries. */
  failures: Uint8Array;

  leased = 0;
  done = 0;
  failed = 0;
  unsure = 0;
  /**
   * Not journaled: unsure shards of which the target is being asked. After a
   * restart they are asked again, under a higher token.
   */
  readonly asked = new Set<number>();
  /** Shards never leased are fresh ... count - 1. */
  private fresh = 0;
  /** Shards that came back, last in first out; each waiting shard is here or fresh or delayed. */
  private returned: number[] = [];
  /** Shards that wait for their retry: shard -> due time. Few by nature. */
  readonly delayed = new Map<number, number>();
  /** When the oldest waiting shard began to wait, ms. */
  waitingSinceMs: number;

  constructor(id: number, step: Step, count: number, tiny: boolean, atMs: number) {
    this.id = id;
    this.step = step;
    this.count = count;
    this.tiny = tiny;
    this.state = new Uint8Array(count);
    this.attempt = new Uint16Array(count);
    this.executor = new Uint32Array(count);
    this.token = new Float64Array(count);
    this.losses = new Uint8Array(count);
    this.failures = new Uint8Array(count);
    this.waitingSinceMs = atMs;
  }

  /** Shards that wait, in the order in which they are kept: for a snapshot. */
  get queue(): { readonly fresh: number; readonly returned: readonly number[] } {
    return { fresh: this.fresh, returned: this.returned };
  }

  /** Takes up the queue of a snapshot and counts the shards again; the columns are set by the caller before. */
  restore(fresh: number, returned: readonly number[]): void {
    this.fresh = fresh;
    this.returned = [...returned];
    const counts = [0, 0, 0, 0, 0];
    for (let shard = 0; shard < this.count; shard++) counts[this.state[shard]!]! += 1;
    this.leased = counts[LEASED]!;
    this.done = counts[DONE]!;
    this.failed = counts[FAILED]!;
    this.unsure = counts[UNSURE]!;
  }

  /** What its attempts were is forgotten, since its run has ended long ago: only how each shard ended is still shown. */
  retire(): void {
    if (this.retired || this.pending > 0) return;
    this.attempt = new Uint16Array(0);
    this.executor = new Uint32Array(0);
    this.token = new Float64Array(0);
    this.losses = new Uint8Array(0);
    this.failures = new Uint8Array(0);
  }

  get retired(): boolean {
    return this.token.length < this.count;
  }

  /** Shards that could be leased now. */
  get ready(): number {
    return this.count - this.fresh + this.returned.length;
  }

  get waiting(): number {
    return this.count - this.leased - this.done - this.failed - this.unsure;
  }

  /** Attempts that may still have an effect: those under way, and those that nobody can tell of. */
  get pending(): number {
    return this.leased + this.unsure;
  }

  get over(): boolean {
    return this.done + this.failed === this.count;
  }

  /** The next shard to lease without leasing it, or -1. Does not look at delayed ones. */
  peek(): number {
    const back = this.returned.at(-1);
    if (back !== undefined) return back;
    return this.fresh < this.count ? this.fresh : -1;
  }

  /** Ready shards in the order of leasing, at most `most`. */
  peekMany(most: number): number[] {
    const shards: number[] = [];
    for (let i = this.returned.length - 1; i >= 0 && shards.length < most; i--) shards.push(this.returned[i]!);
    for (let s = this.fresh; s < this.count && shards.length < most; s++) shards.push(s);
    return shards;
  }

  lease(shard: number, executor: number, token: number): void {
    assert(this.state[shard] === WAITING, `shard ${shard} of fan-out ${this.id} is leased while it is not waiting`);
    this.take(shard);
    this.state[shard] = LEASED;
    this.attempt[shard]! += 1;
    this.executor[shard] = executor + 1;
    this.token[shard] = token;
    this.leased += 1;
  }

  finish(shard: number, ok: boolean): void {
    if (this.state[shard] === LEASED) this.leased -= 1;
    else this.take(shard);
    this.state[shard] = ok ? DONE : FAILED;
    if (ok) this.done += 1;
    else this.failed += 1;
  }

  /** Nobody is left to tell what became of a lease, or of a lease that the journal lost. */
  doubt(shard: number): void {
    if (this.state[shard] === LEASED) this.leased -= 1;
    else this.take(shard);
    this.state[shard] = UNSURE;
    this.unsure += 1;
  }

  /** What became of it is known: done, or waiting again. */
  settle(shard: number, done: boolean, atMs: number): void {
    assert(this.state[shard] === UNSURE, `shard ${shard} of fan-out ${this.id} is settled while nobody was in doubt`);
    this.unsure -= 1;
    this.asked.delete(shard);
    this.state[shard] = done ? DONE : WAITING;
    if (done) {
      this.done += 1;
      return;
    }
    if (this.ready === 0) this.waitingSinceMs = atMs;
    this.returned.push(shard);
  }

  /** Back to waiting, at once or not before `dueMs`. */
  giveBack(shard: number, atMs: number, dueMs?: number): void {
    assert(this.state[shard] === LEASED || this.state[shard] === FAILED, `shard ${shard} of fan-out ${this.id} cannot be given back`);
    if (this.state[shard] === LEASED) this.leased -= 1;
    else this.failed -= 1;
    this.state[shard] = WAITING;
    if (this.ready === 0) this.waitingSinceMs = atMs;
    if (dueMs === undefined) this.returned.push(shard);
    else this.delayed.set(shard, dueMs);
  }

  /** Delayed shards whose time has come become ready. */
  wake(nowMs: number): number {
    let woken = 0;
    for (const [shard, due] of this.delayed) {
      if (due > nowMs) continue;
      this.delayed.delete(shard);
      this.returned.push(shard);
      woken += 1;
    }
    return woken;
  }

  /** Takes a waiting shard out of where it waits. */
  private take(shard: number): void {
    // By far the most frequent first: a fresh shard is in neither of the others.
    if (shard === this.fresh) {
      this.fresh += 1;
      return;
    }
    if (this.returned.at(-1) === shard) {
      this.returned.pop();
      return;
    }
    if (this.delayed.delete(shard)) return;
    const at = this.returned.lastIndexOf(shard);
    if (at >= 0) {
      this.returned.splice(at, 1);
      return;
    }
    // A fresh shard out of order (a lease replayed from another placement): those before it come back later.
    assert(shard > this.fresh && shard < this.count, `shard ${shard} of fan-out ${this.id} waits nowhere`);
    for (let s = shard - 1; s >= this.fresh; s--) this.returned.push(s);
    this.fresh = shard + 1;
  }
}
