/** The real executor core with simulated attempts, a stream that comes and goes, and pauses. */
import * as core from '@tagmill/executor/core/attempts';
import type { Input, ResultsEvent } from '@tagmill/manager/core/events';
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import type { FaultMix } from './faults.ts';
import type { SimLink } from './link.ts';
import type { SimSink } from './sink.ts';

export type UpMessage =
  | { readonly type: 'hello'; readonly joined: Extract<Input, { type: 'executor-joined' }> }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'draining' }
  | { readonly type: 'results'; readonly event: ResultsEvent };

export type DownMessage =
  | { readonly type: 'welcome'; readonly term: number }
  | { readonly type: 'drain' }
  | { readonly type: 'pulse' }
  | { readonly type: 'dispatch'; readonly order: core.DispatchOrder }
  | { readonly type: 'confirm'; readonly fanOut: number; readonly shards: readonly number[]; readonly tokens: readonly number[] }
  | { readonly type: 'cancel'; readonly fanOut: number; readonly shards: readonly number[]; readonly tokens: readonly number[] }
  | { readonly type: 'pass-over'; readonly runId: string; readonly pass: number };

export interface ExecutorWorld {
  readonly clock: SimClock;
  readonly prng: Prng;
  readonly sink: SimSink;
  readonly mix: () => FaultMix;
  readonly leaseMs: number;
  readonly dial: (node: ExecutorNode) => SimLink<UpMessage, DownMessage> | undefined;
  /** Detail of a done attempt, and how a failed one fails. */
  readonly outcome: (work: core.FanOutWork, shard: number) => { readonly status: number; readonly detail: string };
}

export class ExecutorNode {
  readonly id: string;
  /** Names the machine: a twin has the id of another. */
  readonly key: string;
  private readonly world: ExecutorWorld;
  private readonly slots: number;
  private instance = 0;
  private state: core.ExecutorState;
  private link: SimLink<UpMessage, DownMessage> | undefined;
  private failures = 0;
  private pausedUntilMs = 0;
  private readonly inbox: (() => void)[] = [];
  private readonly aborted = new Set<string>();
  alive = false;
  /** How often it left because it was drained. */
  drained = 0;

  constructor(id: string, slots: number, world: ExecutorWorld, key = id) {
    this.id = id;
    this.key = key;
    this.slots = slots;
    this.world = world;
    this.state = core.newExecutorState(slots);
  }

  start(): void {
    this.alive = true;
    this.instance += 1;
    this.state = core.newExecutorState(this.slots);
    this.aborted.clear();
    this.pausedUntilMs = 0;
    this.inbox.length = 0;
    this.dial();
  }

  crash(): void {
    this.alive = false;
    this.link?.close();
    this.link = undefined;
  }

  /** SIGTERM, or the manager's word: finishes what it has and goes. */
  drain(): void {
    if (!this.alive) return;
    this.whenAwake(() => {
      if (!this.alive) return;
      this.link?.sendUp({ type: 'draining' });
      this.act(core.drain(this.state));
    });
  }

  /** SIGSTOP for a while: nothing is read or said; attempts in other processes go on. */
  pause(forMs: number): void {
    if (!this.alive) return;
    this.pausedUntilMs = this.world.clock.nowMs + forMs;
    const instance = this.instance;
    this.world.clock.after(forMs, () => {
      if (!this.alive || this.instance !== instance) return;
      if (forMs > this.world.leaseMs / 2) this.act(core.leasesLost(this.state));
      for (const task of this.inbox.splice(0)) task();
    });
  }

  get paused(): boolean {
    return this.world.clock.nowMs < this.pausedUntilMs;
  }

  private whenAwake(task: () => void): void {
    if (this.paused) this.inbox.push(task);
    else task();
  }

  private dial(): void {
    if (!this.alive) return;
    const instance = this.instance;
    const link = this.world.dial(this);
    if (link === undefined) {
      this.redial();
      return;
    }
    this.link = link;
    link.onDown = (message) => this.whenAwake(() => this.receive(link, message));
    const held = core.held(this.state);
    link.sendUp({
      type: 'hello',
      joined: {
        type: 'executor-joined',
        id: this.id,
        name: this.id,
        instance: `${this.key}-${instance}`,
        slots: this.slots,
        version: 'sim',
        labels: {},
        held,
      },
    });
    this.beat(link);
  }

  /** The stream is gone. */
  lost(link: SimLink<UpMessage, DownMessage>): void {
    this.whenAwake(() => {
      if (this.link !== link) return;
      this.link = undefined;
      this.redial();
    });
  }

  private redial(): void {
    const instance = this.instance;
    this.failures = Math.min(this.failures + 1, 5);
    this.world.clock.after(this.world.prng.between(10, Math.min(5_000, 250 * 2 ** this.failures)), () => {
      if (this.instance === instance && this.link === undefined) this.whenAwake(() => this.dial());
    });
  }

  private beat(link: SimLink<UpMessage, DownMessage>): void {
    this.world.clock.after(this.world.leaseMs / 3, () => {
      if (this.link !== link || !this.alive) return;
      if (!this.paused) link.sendUp({ type: 'heartbeat' });
      this.beat(link);
    });
  }

  private receive(link: SimLink<UpMessage, DownMessage>, message: DownMessage): void {
    if (this.link !== link || !this.alive) return;
    switch (message.type) {
      case 'welcome':
        this.failures = 0;
        this.act(core.welcomed(this.state, 'sim', message.term));
        if (this.state.draining) link.sendUp({ type: 'draining' });
        return;
      case 'pulse':
        return;
      case 'drain':
        this.drain();
        return;
      case 'dispatch':
        this.act(core.dispatched(this.state, message.order));
        return;
      case 'confirm':
        this.act(core.confirmed(this.state, message.fanOut, message.shards, message.tokens));
        return;
      case 'cancel':
        this.act(core.cancelled(this.state, message.fanOut, message.shards, message.tokens));
        return;
      case 'pass-over':
        this.act(core.passOver(this.state, message.runId, message.pass));
        return;
    }
  }

  private act(effects: readonly core.ExecutorEffect[]): void {
    for (const effect of effects) {
      if (effect.type === 'start') this.run(effect.work, effect.attempt);
      else if (effect.type === 'start-tiny') this.runTiny(effect.work, effect.attempts);
      else if (effect.type === 'abort') this.abort(effect.fanOut, effect.shard, effect.token);
      else if (effect.type === 'results') this.send(effect.work, effect.attempts);
      else if (effect.type === 'idle' && this.alive) {
        this.drained += 1;
        this.crash();
        return;
      }
    }
  }

  private abort(fanOut: number, shard: number, token: number): void {
    const key = `${fanOut}:${shard}:${token}`;
    this.aborted.add(key);
    this.world.clock.after(this.world.prng.between(1, 50), () =>
      this.whenAwake(() => this.act(core.finished(this.state, fanOut, shard, token, core.STATUS_FAILED, stoppedDetail))),
    );
  }

  private run(work: core.FanOutWork, attempt: core.Attempt): void {
    const instance = this.instance;
    const { clock, prng, sink } = this.world;
    const { shard, token } = attempt;
    const key = `${work.fanOut}:${shard}:${token}`;
    const end = (status: number, detail: string) =>
      this.whenAwake(() => {
        if (this.instance === instance && this.alive) this.act(core.finished(this.state, work.fanOut, shard, token, status, detail));
      });
    // An attempt lives in a process of its own: it goes on when this one is paused or dies, as far as the target sees.
    const merge = { runId: work.runId, pass: work.pass, shard, term: attempt.term, token, scope: [...attempt.scope] };
    clock.after(prng.between(5, 400), () => {
      if (this.aborted.has(key)) return;
      const outcome = this.world.outcome(work, shard);
      if (work.step !== 'merge' || outcome.status !== core.STATUS_DONE) {
        end(outcome.status, outcome.detail);
        return;
      }
      if (!sink.claim(merge)) {
        end(core.STATUS_FAILED, fencedDetail);
        return;
      }
      clock.after(prng.between(1, 300), () => {
        if (this.aborted.has(key)) return;
        const scope = sink.commit(merge);
        if (scope === undefined) end(core.STATUS_FAILED, fencedDetail);
        else if (prng.chance(this.world.mix().commitAnswerLost)) {
          // Connects again, finds its record, and reports what stands there.
          clock.after(prng.between(10, 2_000), () => end(core.STATUS_DONE, mergeDetail(sink.commit(merge) ?? scope)));
        } else end(core.STATUS_DONE, mergeDetail(scope));
      });
    });
  }

  private runTiny(work: core.FanOutWork, attempts: readonly core.Attempt[]): void {
    const instance = this.instance;
    const shards = attempts.map((attempt) => attempt.shard);
    this.world.clock.after(this.world.prng.between(1, 20), () =>
      this.whenAwake(() => {
        if (this.instance === instance && this.alive) this.act(core.finishedTiny(this.state, work.fanOut, shards));
      }),
    );
  }

  private send(work: core.FanOutWork, attempts: readonly core.Attempt[]): void {
    this.link?.sendUp({
      type: 'results',
      event: {
        type: 'results',
        executor: this.id,
        fanOut: work.fanOut,
        shards: Uint32Array.from(attempts, (attempt) => attempt.shard),
        tokens: Float64Array.from(attempts, (attempt) => attempt.token),
        status: Uint8Array.from(attempts, (attempt) => attempt.status),
        details: work.step === 'run' ? null : attempts.map((attempt) => attempt.detail),
      },
    });
  }
}

const stoppedDetail = JSON.stringify({ code: 'ACTION_REFUSED', message: 'told to stop' });
const fencedDetail = JSON.stringify({ code: 'FENCED', message: 'a newer attempt holds the shard' });
const mergeDetail = (scope: readonly number[]): string =>
  JSON.stringify({
    inserted: 1,
    updated: 0,
    unchanged: 0,
    tags: scope.map((tagId) => ({ tagId, entered: 1, exited: 0 })),
    conflicts: [],
    unreadableRows: 0,
    bytesRead: 0,
    durationMs: 1,
  });
