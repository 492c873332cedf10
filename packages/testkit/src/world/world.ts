/**
 * A whole cluster in one process, from a seed: the real cores of manager and
 * executors, with simulated time, network, disk, target and people. Faults
 * stop after a while; then everything must end well.
 */
import type * as executorCore from '@tagmill/executor/core/attempts';
import type { Effect } from '@tagmill/manager/core/effects';
import type { Input } from '@tagmill/manager/core/events';
import type { RunSpec } from '@tagmill/manager/core/run-spec';
import { DEFAULT_SETTINGS, type Settings } from '@tagmill/manager/core/state';
import { ACTIONS, DOWNSTREAM_POLICIES } from '@tagmill/shared/words';
import { Prng } from '@tagmill/shared/prng';
import { SimClock } from './clock.ts';
import { drawMix, type FaultMix, NO_FAULTS } from './faults.ts';
import { type DownMessage, ExecutorNode, type UpMessage } from './executor-node.ts';
import { SimLink } from './link.ts';
import { ManagerNode } from './manager-node.ts';
import { planFor, simRun } from './sim-run.ts';
import { SimSink } from './sink.ts';

export interface WorldOptions {
  readonly seed: number;
  readonly mix?: FaultMix;
  /** Simulated time with faults. */
  readonly faultsMs?: number;
  /** Simulated time within which all must end after that. */
  readonly calmMs?: number;
}

export interface WorldResult {
  readonly seed: number;
  readonly broken: readonly string[];
  readonly mix: FaultMix;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly restarts: number;
  readonly fenced: number;
  readonly ignoredResults: number;
  /** Hash-like summary: equal for equal seeds. */
  readonly fingerprint: string;
  readonly story: readonly string[];
}

const MOST_STEPS = 400_000;

export class World {
  private readonly prng: Prng;
  private readonly clock = new SimClock();
  private readonly sink = new SimSink();
  private readonly settings: Settings = { ...DEFAULT_SETTINGS, leaseMs: 3_000, retryMaxMs: 2_000 };
  private readonly drawn: FaultMix;
  private mix: FaultMix;
  private readonly manager: ManagerNode;
  private readonly executors: ExecutorNode[] = [];
  /** The newest stream that each executor dialled, and the one that the manager knows since its Hello. */
  private readonly links = new Map<string, SimLink<UpMessage, DownMessage>>();
  private readonly sessions = new Map<string, SimLink<UpMessage, DownMessage>>();
  private readonly partitions = new Set<string>();
  private readonly story: string[] = [];
  private readonly options: Required<Omit<WorldOptions, 'mix'>>;
  private readonly acceptedRuns = new Set<string>();
  private readonly specs = new Map<string, RunSpec>();
  private readonly broken: string[] = [];
  private calm = false;
  private nextLink = 1;
  /** Streams whose Hello is applied. */
  private readonly joined = new Set<SimLink<UpMessage, DownMessage>>();

  constructor(options: WorldOptions) {
    this.options = { faultsMs: 20_000, calmMs: 600_000, ...options };
    this.prng = new Prng(options.seed);
    this.drawn = options.mix ?? drawMix(this.prng);
    this.mix = this.drawn;
    this.manager = new ManagerNode(this.clock, this.prng, this.settings, (effects) => this.act(effects));
  }

  run(): WorldResult {
    this.manager.start();
    for (let i = this.prng.between(1, 4); i > 0; i--) this.addExecutor();
    for (let i = this.prng.between(1, 3); i > 0; i--) this.createRun();
    this.scheduleFaults();
    this.clock.after(this.options.faultsMs, () => this.calmDown());
    let steps = 0;
    while (steps < MOST_STEPS && this.broken.length === 0 && this.manager.broken.length === 0) {
      if (!this.clock.step()) break;
      steps += 1;
      if (this.calm && this.over()) break;
      if (this.clock.elapsedMs > this.options.faultsMs + this.options.calmMs) break;
    }
    this.judge(steps);
    return {
      seed: this.options.seed,
      broken: [...this.manager.broken, ...this.sink.broken, ...this.broken],
      mix: this.drawn,
      steps,
      simulatedMs: this.clock.elapsedMs,
      restarts: this.manager.restarts,
      fenced: this.sink.fenced,
      ignoredResults: this.manager.state?.ignoredResults ?? 0,
      fingerprint: `${steps}/${this.clock.elapsedMs}/${this.manager.disk.length}/${this.sink.effects.size}`,
      story: this.story,
    };
  }

  private tell(line: string): void {
    this.story.push(`${(this.clock.elapsedMs / 1000).toFixed(3)} s  ${line}`);
  }

  private addExecutor(): void {
    const node = new ExecutorNode(`e${this.executors.length + 1}`, this.prng.between(1, 3), {
      clock: this.clock,
      prng: this.prng,
      sink: this.sink,
      mix: () => this.mix,
      leaseMs: this.settings.leaseMs,
      dial: (from) => this.dial(from),
      outcome: (work, shard) => this.outcome(work, shard),
    });
    this.executors.push(node);
    node.start();
    this.tell(`${node.id} joins`);
  }

  private createRun(): void {
    const spec = simRun(this.prng, this.clock.nowMs, this.specs.size + 1);
    this.specs.set(spec.id, spec);
    this.tell(`somebody starts ${spec.id} with ${spec.tasks.length} tasks`);
    const submit = () => {
      if (this.acceptedRuns.has(spec.id)) return;
      this.manager.push({ type: 'run-created', spec }, () => this.acceptedRuns.add(spec.id));
      // Whoever asked and got no answer asks again: the run's id makes it the same run.
      this.clock.after(2_000, submit);
    };
    submit();
  }

  private dial(node: ExecutorNode): SimLink<UpMessage, DownMessage> | undefined {
    if (this.manager.loop === undefined || this.partitions.has(node.id)) return undefined;
    const link = new SimLink<UpMessage, DownMessage>(
      this.clock,
      this.prng,
      () => this.mix,
      () => this.partitions.has(node.id),
    );
    this.links.get(node.id)?.close();
    link.onUp = (message) => this.receive(node.id, link, message);
    link.onClosed = (side) => {
      if (side === 'executor') node.lost(link);
      else this.linkLost(node.id, link);
    };
    this.links.set(node.id, link);
    return link;
  }

  private linkLost(id: string, link: SimLink<UpMessage, DownMessage>): void {
    if (this.sessions.get(id) !== link) return;
    this.sessions.delete(id);
    this.manager.state?.links?.delete(id);
    const executor = this.manager.state?.executors.get(id);
    if (executor === undefined || executor.state === 'gone') return;
    executor.disconnectedMs = this.clock.elapsedMs;
    this.manager.loop?.poke();
  }

  private receive(id: string, link: SimLink<UpMessage, DownMessage>, message: UpMessage): void {
    const state = this.manager.state;
    if (state === undefined || (message.type !== 'hello' && this.sessions.get(id) !== link)) return;
    const executor = state.executors.get(id);
    if (executor !== undefined) executor.heardAtMs = this.clock.elapsedMs;
    if (message.type === 'hello') {
      if (executor !== undefined) executor.disconnectedMs = this.clock.elapsedMs;
      this.sessions.get(id)?.close();
      this.sessions.set(id, link);
      const number = this.nextLink++;
      state.links?.set(id, number);
      link.sendDown({ type: 'welcome', term: state.term });
      this.manager.push({ ...message.joined, link: number }, () => this.joined.add(link));
    } else if (message.type === 'results') this.results(message.event);
  }

  /** As the real shell does: a plan's result is judged before it is journaled. */
  private results(event: Extract<Input, { type: 'results' }>): void {
    const place = this.manager.state?.open.get(event.fanOut);
    if (place?.fanOut.step !== 'plan' || event.status[0] !== 0) {
      this.manager.push(event);
      return;
    }
    this.manager.push(planFor(place.run.spec, event));
  }

  private outcome(work: executorCore.FanOutWork, shard: number): { status: number; detail: string } {
    if (this.prng.chance(this.mix.attemptFails)) {
      return {
        status: 1,
        detail: JSON.stringify({ code: this.prng.chance(0.9) ? 'S3_UNAVAILABLE' : 'TABLE_UNREADABLE', message: 'drawn', table: 't1' }),
      };
    }
    if (work.step !== 'evaluate') return { status: 0, detail: '' };
    return {
      status: 0,
      detail: JSON.stringify({ pieceHash: `h${shard}`, users: 1, tags: [], bytesRead: 1, castErrors: 0, durationMs: 1 }),
    };
  }

  private act(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'dispatch') {
        const { runId, pass, step, fanOut, firstToken } = effect;
        const order = {
          runId,
          pass,
          step,
          fanOut,
          firstToken,
          shards: [...effect.shards],
          attempts: [...effect.attempts],
          scope: [...(effect.scope ?? [])],
          pieceHashes: [...(effect.pieceHashes ?? [])],
          term: this.manager.state?.term ?? 0,
        };
        const link = this.sessions.get(effect.executor);
        // What is leased before the journal has the Hello is not in it: the manager would take it back, and it would run twice.
        if (link === undefined || !this.joined.has(link))
          this.broken.push(`[1] a lease for ${effect.executor} goes into a stream that is not there or has not joined yet`);
        link?.sendDown({ type: 'dispatch', order });
      } else if (effect.type === 'confirm') {
        this.sessions
          .get(effect.executor)
          ?.sendDown({ type: 'confirm', fanOut: effect.fanOut, shards: [...effect.shards], tokens: [...effect.tokens] });
      } else if (effect.type === 'cancel') {
        this.sessions
          .get(effect.executor)
          ?.sendDown({ type: 'cancel', fanOut: effect.fanOut, shards: effect.shards, tokens: effect.tokens });
      } else if (effect.type === 'pass-over') {
        for (const link of this.sessions.values()) link.sendDown({ type: 'pass-over', runId: effect.runId, pass: effect.pass });
      }
    }
  }

  private scheduleFaults(): void {
    this.every(this.drawn.managerCrashEveryMs, () => this.crashManager());
    this.every(this.drawn.executorCrashEveryMs, () => this.crashExecutor());
    this.every(this.drawn.executorPauseEveryMs, () => {
      const node = this.prng.pick(this.executors);
      const forMs = this.prng.between(100, 9_000);
      this.tell(`${node.id} is stopped for ${forMs} ms`);
      node.pause(forMs);
    });
    this.every(this.drawn.partitionEveryMs, () => this.partition());
    this.every(this.drawn.clickEveryMs, () => this.click());
    this.every(this.drawn.clockJumpEveryMs, () => {
      this.clock.skewMs = this.prng.between(-3_600_000, 3_600_000);
      this.tell(`the wall clock is set to ${this.clock.skewMs} ms off`);
    });
    this.every(15_000, () => {
      if (this.executors.length < 6) this.addExecutor();
    });
  }

  private every(meanMs: number, task: () => void): void {
    if (meanMs === 0) return;
    this.clock.after(this.prng.fraction() * 2 * meanMs, () => {
      if (this.calm) return;
      task();
      this.every(meanMs, task);
    });
  }

  private crashManager(): void {
    if (this.manager.loop === undefined) return;
    this.tell('kill -9 of the manager');
    this.manager.crash();
    for (const link of this.links.values()) link.close();
    this.links.clear();
    this.sessions.clear();
    this.clock.after(this.prng.between(10, 3_000), () => {
      this.tell('the manager starts again');
      this.manager.start();
      for (const id of this.acceptedRuns) {
        if (this.manager.state?.runs.has(id) !== true) this.broken.push(`[7] ${id} was accepted and is lost`);
      }
    });
  }

  private crashExecutor(): void {
    const node = this.prng.pick(this.executors);
    if (!node.alive) return;
    this.tell(`kill -9 of ${node.id}`);
    node.crash();
    this.clock.after(this.prng.between(100, 8_000), () => {
      this.tell(`${node.id} starts again`);
      node.start();
    });
  }

  private partition(): void {
    const node = this.prng.pick(this.executors);
    const forMs = this.prng.between(200, 10_000);
    this.tell(`${node.id} is cut off for ${forMs} ms`);
    this.partitions.add(node.id);
    this.clock.after(forMs, () => {
      this.partitions.delete(node.id);
      this.links.get(node.id)?.close();
    });
  }

  private click(): void {
    const runs = [...(this.manager.state?.runs.values() ?? [])];
    if (runs.length === 0) return;
    const run = this.prng.pick(runs);
    const task = this.prng.pick(run.spec.tasks);
    const action = this.prng.pick(ACTIONS);
    this.tell(`somebody clicks ${action} on ${task.name} of ${run.id}`);
    this.manager.push({
      type: 'command',
      runId: run.id,
      action,
      names: [task.name],
      downstream: this.prng.pick(DOWNSTREAM_POLICIES),
      reason: null,
      who: 'somebody',
    });
  }

  /** No more faults; gates are opened and what is held is released, as people would in the end. */
  private calmDown(): void {
    this.tell('faults stop');
    this.calm = true;
    this.mix = NO_FAULTS;
    this.partitions.clear();
    for (const link of this.links.values()) link.close();
    this.release();
  }

  private release(): void {
    for (const run of this.manager.state?.runs.values() ?? []) {
      const names = run.spec.tasks.map((task) => task.name);
      for (const action of ['release', 'run'] as const) {
        const some = names.filter((name) => action === 'release' || run.stateAt(run.index.find(name)) === 'pending');
        this.manager.push({ type: 'command', runId: run.id, action, names: some, downstream: 'as-success', reason: null, who: 'somebody' });
      }
    }
    this.clock.after(5_000, () => this.release());
  }

  private over(): boolean {
    const state = this.manager.state;
    if (state === undefined || this.acceptedRuns.size < this.specs.size) return false;
    return [...this.specs.keys()].every((id) => state.runs.get(id)?.endedMs != null);
  }

  private judge(steps: number): void {
    const state = this.manager.state;
    if (this.broken.length > 0 || this.manager.broken.length > 0) return;
    if (state === undefined || !this.over()) {
      const open = [...(state?.runs.values() ?? [])]
        .filter((run) => run.endedMs === null)
        .map((run) => `${run.id} (${run.spec.tasks.map((task, row) => `${task.name} ${run.stateAt(row)}`).join(', ')})`);
      this.broken.push(`[1] ${steps} steps and ${Math.round(this.clock.elapsedMs / 1000)} s, and not all has ended: ${open.join('; ')}`);
      return;
    }
    for (const run of state.runs.values()) {
      for (let row = 0; row < run.size; row++) {
        const tagId = run.task(row).tagId;
        const pass = run.pass(row);
        // Marked by a person, or merged by the pass: only then it may say succeeded.
        if (tagId === null || run.stateAt(row) !== 'succeeded' || pass === undefined || !pass.members.has(row)) continue;
        for (let shard = 0; shard < pass.pieceHash.length; shard++) {
          if (!this.sink.merged(run.id, pass.number, shard, tagId))
            this.broken.push(`[3] ${run.id} says ${run.task(row).name} succeeded, and shard ${shard} was never merged for it`);
        }
      }
    }
    this.settleJournal();
  }

  private settleJournal(): void {
    for (let i = 0; i < 2_000 && this.clock.step(); i++) if (this.clock.elapsedMs > this.options.faultsMs + this.options.calmMs) break;
    this.manager.checkReplay();
  }
}

export const simulate = (options: WorldOptions): WorldResult => new World(options).run();
