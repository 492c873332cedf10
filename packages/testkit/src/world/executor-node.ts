/** The real executor core with simulated attempts, a stream that comes and goes, stops, freezes and deaths. */
import * as core from '@tagmill/executor/core/attempts';
import type { Input, ResultsEvent } from '@tagmill/manager/core/events';
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import { KeptCopy, type ReplicaFrames } from './copies.ts';
import type { HelloCopy } from './door.ts';
import type { FaultDice } from './faults.ts';
import type { SimLink } from './link.ts';
import { Machine } from './machine.ts';
import { type AttemptEnd, MergeAttempt } from './merge-attempt.ts';
import type { SimTarget } from './target.ts';

export type UpMessage =
  | { readonly type: 'hello'; readonly joined: Extract<Input, { type: 'executor-joined' }>; readonly copy: HelloCopy | undefined }
  | { readonly type: 'replica-ack'; readonly seq: number; readonly again: boolean }
  | { readonly type: 'heartbeat' }
  | { readonly type: 'draining' }
  | { readonly type: 'results'; readonly event: ResultsEvent };

export type DownMessage =
  | { readonly type: 'welcome'; readonly lineage: string; readonly term: number }
  | { readonly type: 'drain' }
  | { readonly type: 'pulse' }
  | ReplicaFrames
  | { readonly type: 'dispatch'; readonly order: core.DispatchOrder }
  | { readonly type: 'confirm'; readonly fanOut: number; readonly shards: readonly number[]; readonly tokens: readonly number[] }
  | { readonly type: 'cancel'; readonly fanOut: number; readonly shards: readonly number[]; readonly tokens: readonly number[] }
  | { readonly type: 'pass-over'; readonly runId: string; readonly pass: number };

export type ExecutorLink = SimLink<UpMessage, DownMessage>;

export interface ExecutorWorld {
  readonly clock: SimClock;
  readonly prng: Prng;
  readonly dice: FaultDice;
  readonly target: SimTarget;
  readonly leaseMs: number;
  /** How slow the target is: a transaction takes this long at most, ms. */
  readonly paceMs: number;
  readonly rate: number;
  readonly dial: (node: ExecutorNode) => ExecutorLink | undefined;
  /** Shards that a pass of a run is cut into: what a merge needs to know which users it is about. */
  readonly shardsOf: (runId: string, pass: number) => number;
  /** The pass that a rollback undoes. */
  readonly undoesOf: (runId: string, pass: number) => number | undefined;
  /** What a plan or an evaluation comes to. */
  readonly outcome: (
    work: core.FanOutWork,
    shard: number,
  ) => { readonly status: number; readonly detail: string; readonly afterMs: number };
}

interface RunningAttempt {
  readonly token: number;
  abort: () => void;
}

export class ExecutorNode {
  readonly id: string;
  /** Names the machine: a twin has the id of another. */
  readonly key: string;
  private readonly world: ExecutorWorld;
  private readonly slots: number;
  /** The executor's process, and those of its attempts. */
  private readonly machine: Machine;
  private readonly workers: Machine;
  private instance = 0;
  private state: core.ExecutorState;
  private link: ExecutorLink | undefined;
  readonly kept = new KeptCopy();
  /** How often it has dialled: managers are tried in turn. */
  dials = 0;
  private failures = 0;
  private lostAtMs: number | undefined;
  private readonly running = new Map<string, RunningAttempt>();
  alive = false;
  /** How often it left because it was drained. */
  drained = 0;

  constructor(id: string, slots: number, world: ExecutorWorld, key = id) {
    this.id = id;
    this.key = key;
    this.slots = slots;
    this.world = world;
    this.machine = new Machine(world.clock, world.rate);
    this.workers = new Machine(world.clock, world.rate);
    this.state = core.newExecutorState(slots);
  }

  start(): void {
    this.alive = true;
    this.instance += 1;
    this.state = core.newExecutorState(this.slots);
    this.running.clear();
    this.lostAtMs = this.machine.steadyMs();
    this.dial();
    this.leaveWithoutManager();
  }

  /** kill -9: attempts live in processes of their own and may go on for a while, as far as the target sees. */
  crash(silently = false): void {
    this.alive = false;
    this.machine.die();
    if (silently) this.link?.vanish('executor');
    else this.link?.end('executor');
    this.link = undefined;
  }

  /** The wall clock of its machine is set. */
  setClock(skewMs: number): void {
    this.machine.skewMs = skewMs;
  }

  /** Its folder is gone, and with it the process. */
  loseDisk(): void {
    this.crash();
    this.kept.wipe();
  }

  /** SIGTERM, or the manager's word: finishes what it has and goes. */
  drain(): void {
    if (!this.alive) return;
    this.machine.whenAwake(() => {
      if (!this.alive) return;
      this.link?.sendUp({ type: 'draining' });
      this.act(core.drain(this.state));
    });
  }

  /** SIGSTOP for a while: nothing is read or said; with `attempts` those stop too, in whatever they are doing. */
  stop(forMs: number, attempts: boolean): void {
    if (!this.alive) return;
    if (attempts) this.workers.stop(forMs);
    this.machine.stop(forMs, () => {
      if (forMs > this.world.leaseMs / 2) this.act(core.leasesLost(this.state));
    });
  }

  private dial(): void {
    if (!this.alive) return;
    const link = this.world.dial(this);
    if (link === undefined) {
      this.redial();
      return;
    }
    this.link = link;
    link.onDown = (message) => this.machine.whenAwake(() => this.receive(link, message));
    const held = core.held(this.state);
    const { at, copy, writtenMs } = this.kept;
    link.sendUp({
      type: 'hello',
      copy: at === undefined ? undefined : { at, copy, writtenMs },
      joined: {
        type: 'executor-joined',
        id: this.id,
        name: this.id,
        instance: `${this.key}-${this.instance}`,
        slots: this.slots,
        version: 'sim',
        labels: {},
        held,
      },
    });
    this.beat(link);
  }

  /** The stream is gone. */
  lost(link: ExecutorLink): void {
    this.machine.whenAwake(() => {
      if (this.link !== link) return;
      this.link = undefined;
      this.lostAtMs ??= this.machine.steadyMs();
      this.redial();
    });
  }

  private redial(): void {
    this.failures = Math.min(this.failures + 1, 5);
    this.machine.after(this.world.prng.between(10, Math.min(5_000, 250 * 2 ** this.failures)), () => {
      if (this.link === undefined) this.dial();
    });
  }

  private beat(link: ExecutorLink): void {
    this.machine.after(this.world.leaseMs / 3, () => {
      if (this.link !== link || !this.alive) return;
      link.sendUp({ type: 'heartbeat' });
      this.beat(link);
    });
  }

  /** Draining with nobody to confirm: once its leases have ended there is nothing to wait for. */
  private leaveWithoutManager(): void {
    this.machine.after(500, () => {
      const awayMs = this.lostAtMs === undefined ? 0 : this.machine.steadyMs() - this.lostAtMs;
      if (this.state.draining && awayMs > this.world.leaseMs) this.leave();
      else this.leaveWithoutManager();
    });
  }

  private leave(): void {
    this.drained += 1;
    this.crash();
  }

  private receive(link: ExecutorLink, message: DownMessage): void {
    if (this.link !== link || !this.alive) return;
    switch (message.type) {
      case 'welcome':
        this.failures = 0;
        this.lostAtMs = undefined;
        this.act(core.welcomed(this.state, message.lineage, message.term));
        if (this.state.draining) link.sendUp({ type: 'draining' });
        return;
      case 'pulse':
        return;
      case 'replica':
        this.machine.after(this.world.prng.between(1, 30), () => {
          const whole = this.kept.take(message);
          this.kept.writtenMs = this.machine.wallMs();
          link.sendUp({ type: 'replica-ack', seq: this.kept.at?.seq ?? 0, again: !whole });
        });
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
        this.leave();
        return;
      }
    }
  }

  private abort(fanOut: number, shard: number, token: number): void {
    const running = this.running.get(`${fanOut}:${shard}:${token}`);
    if (running === undefined) this.act(core.finished(this.state, fanOut, shard, token, core.STATUS_FAILED, stoppedDetail));
    else if (!this.world.dice.hits('deaf')) running.abort();
  }

  private run(work: core.FanOutWork, attempt: core.Attempt): void {
    const { instance } = this;
    const { shard, token } = attempt;
    const key = `${work.fanOut}:${shard}:${token}`;
    let over = false;
    const end = (status: number, detail: string) => {
      if (over) return;
      over = true;
      if (this.instance !== instance || !this.alive) return;
      this.machine.whenAwake(() => {
        if (this.instance !== instance || !this.alive) return;
        this.running.delete(key);
        this.act(core.finished(this.state, work.fanOut, shard, token, status, detail));
      });
    };
    const running: RunningAttempt = { token, abort: () => this.workers.after(1, () => end(core.STATUS_FAILED, stoppedDetail)) };
    this.running.set(key, running);
    if (work.step === 'merge' || work.step === 'rollback') {
      this.runMerge(work, attempt, running, (ended) => end(...sayingOf(ended)));
      return;
    }
    const { status, detail, afterMs } = this.world.outcome(work, shard);
    this.workers.after(afterMs, () => end(status, detail));
  }

  private runMerge(work: core.FanOutWork, attempt: core.Attempt, running: RunningAttempt, ended: (end: AttemptEnd) => void): void {
    const { shard, term, token, scope } = attempt;
    const { target, dice, prng, paceMs } = this.world;
    const shards = this.world.shardsOf(work.runId, work.pass);
    const undoes = work.step === 'rollback' ? this.world.undoesOf(work.runId, work.pass) : undefined;
    if (work.step === 'rollback' && undoes === undefined) {
      ended({ kind: 'failed', code: 'UNREACHABLE', message: 'nobody says what is to be undone' });
      return;
    }
    const more = undoes === undefined ? {} : { undoes };
    const merge = { runId: work.runId, pass: work.pass, shard, shards, term, token, scope: [...scope], ...more };
    const merging = new MergeAttempt({ target, dice, prng, machine: this.workers, paceMs }, merge, ended);
    running.abort = () => {
      merging.aborted = true;
    };
    this.workers.after(prng.between(5, 100), () => {
      if (merging.aborted) ended({ kind: 'stopped' });
      else merging.start();
    });
  }

  private runTiny(work: core.FanOutWork, attempts: readonly core.Attempt[]): void {
    const { instance } = this;
    const shards = attempts.map((attempt) => attempt.shard);
    this.workers.after(this.world.prng.between(1, 20), () => {
      if (this.instance !== instance || !this.alive) return;
      this.machine.whenAwake(() => {
        if (this.instance === instance && this.alive) this.act(core.finishedTiny(this.state, work.fanOut, shards));
      });
    });
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

function sayingOf(ended: AttemptEnd): [number, string] {
  if (ended.kind === 'done') return [core.STATUS_DONE, JSON.stringify(ended.result)];
  if (ended.kind === 'stopped') return [core.STATUS_FAILED, stoppedDetail];
  return [core.STATUS_FAILED, JSON.stringify({ code: ended.code, message: ended.message })];
}
