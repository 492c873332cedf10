/** The real manager core and loop on a simulated disk; crashes lose what was not flushed. */
import { apply } from '@tagmill/manager/core/apply';
import { digest } from '@tagmill/manager/core/digest';
import type { Effect } from '@tagmill/manager/core/effects';
import type { Decision, Input } from '@tagmill/manager/core/events';
import { brokenInvariants } from '@tagmill/manager/core/invariants';
import type { ManagerState, Settings } from '@tagmill/manager/core/state';
import { forwardClock } from '@tagmill/manager/shell/forward-clock';
import { Loop } from '@tagmill/manager/shell/loop';
import { Replay, recover } from '@tagmill/manager/shell/replay';
import { decodeBatch } from '@tagmill/manager/store/codec';
import type { JournalBatch } from '@tagmill/manager/store/journal';
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';

/** Events that are applied at once and journaled with the next batch. */
const DECISIONS: ReadonlySet<string> = new Set<Decision['type']>([
  'run-started',
  'pass-formed',
  'merge-started',
  'tag-refused',
  'report-made',
  'executor-lost',
  'leased',
]);

export class ManagerNode {
  readonly disk: JournalBatch[] = [];
  loop: Loop | undefined;
  broken: string[] = [];
  restarts = 0;
  /** Inputs that were acknowledged, by a name of the caller's: must be there after every restart. */
  private readonly clock: SimClock;
  private readonly prng: Prng;
  private readonly settings: Settings;
  private readonly act: (effects: readonly Effect[]) => void;
  private generation = 0;

  constructor(clock: SimClock, prng: Prng, settings: Settings, act: (effects: readonly Effect[]) => void) {
    this.clock = clock;
    this.prng = prng;
    this.settings = settings;
    this.act = act;
  }

  get state(): ManagerState | undefined {
    return this.loop?.state;
  }

  start(): void {
    const generation = ++this.generation;
    const alive = () => generation === this.generation;
    const recovered = recover(this.disk, this.settings, this.clock.nowMs, this.clock.elapsedMs);
    const term = recovered.state.term + 1;
    const loop = new Loop(recovered.state, recovered.seq, {
      commit: (batch, done) => this.commit(batch, done, alive),
      now: forwardClock(
        recovered.state.atMs,
        () => this.clock.wallMs,
        () => this.clock.elapsedMs,
      ),
      steady: () => this.clock.elapsedMs,
      term: () => term,
      leads: () => true,
      whenLeading: (task) => task(),
      act: (effects) => {
        if (alive()) this.act(effects);
      },
      changed: () => this.check(recovered.state),
      failed: (error) => this.broken.push(`the loop failed: ${String(error)}`),
      soon: (task) =>
        this.clock.after(0, () => {
          if (alive()) task();
        }),
      after: (delayMs, task) =>
        this.clock.after(delayMs, () => {
          if (alive()) task();
        }),
    });
    recovered.state.links = new Map();
    this.loop = loop;
    loop.push({ type: 'term-taken', term });
  }

  push(input: Input, accepted?: () => void): void {
    this.loop?.push(input, { resolve: accepted ?? (() => undefined), reject: () => undefined });
  }

  /** kill -9: a flush under way may or may not have reached the disk. */
  crash(): void {
    this.generation += 1;
    this.loop = undefined;
    this.restarts += 1;
  }

  /**
   * A replay of the disk gives the state that is live; `under way` is the batch
   * whose decisions are applied already, since those do not wait for the disk.
   */
  checkReplay(underWay?: JournalBatch): void {
    const state = this.state;
    if (state === undefined) return;
    const replay = new Replay(this.settings);
    for (const batch of this.disk) replay.add(batch);
    for (const stamped of underWay === undefined ? [] : decodeBatch(underWay.blob))
      if (DECISIONS.has(stamped.event.type)) apply(replay.state, stamped);
    const again = replay.finish(this.clock.nowMs, this.clock.elapsedMs);
    again.tokenNext = state.tokenNext;
    const live = JSON.stringify(digest(state));
    const replayed = JSON.stringify(digest(again));
    if (live !== replayed) this.broken.push(`[9] a replay gives another state: ${firstDifference(live, replayed)}`);
  }

  private commit(batch: JournalBatch, done: (error?: unknown) => void, alive: () => boolean): void {
    if (this.prng.chance(0.01) && this.broken.length === 0) this.checkReplay(batch);
    const flushMs = this.prng.chance(0.02) ? this.prng.between(200, 2_000) : this.prng.between(1, 20);
    const reachesDiskMs = this.prng.between(0, flushMs);
    this.clock.after(reachesDiskMs, () => {
      // A crashed manager's flush may still complete, as long as nobody has started on that disk since.
      if (alive() || (this.loop === undefined && this.disk.length === batch.seq - 1 && this.prng.chance(0.5))) this.disk.push(batch);
    });
    this.clock.after(flushMs, () => {
      if (alive()) done();
    });
  }

  private check(state: ManagerState): void {
    if (this.broken.length === 0) this.broken.push(...brokenInvariants(state));
  }
}

function firstDifference(a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return `…${a.slice(Math.max(0, at - 120), at + 80)}… against …${b.slice(Math.max(0, at - 20), at + 80)}…`;
}
