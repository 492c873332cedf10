/**
 * A whole cluster in one process, from a seed: the real cores of manager and
 * executors, with simulated time, network, disk, target and people. Faults
 * stop after a while; then everything must end well.
 */
import type * as executorCore from '@tagmill/executor/core/attempts';
import type { RunSpec } from '@tagmill/manager/core/run-spec';
import { DEFAULT_SETTINGS, type Settings } from '@tagmill/manager/core/state';
import { ACTIONS, DOWNSTREAM_POLICIES } from '@tagmill/shared/words';
import { Prng } from '@tagmill/shared/prng';
import { SimClock } from './clock.ts';
import { drawMix, type FaultMix, NO_FAULTS } from './faults.ts';
import { SimDoor } from './door.ts';
import { ExecutorNode } from './executor-node.ts';
import { ManagerNode } from './manager-node.ts';
import { simRun } from './sim-run.ts';
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
  private readonly door: SimDoor;
  private readonly story: string[] = [];
  private readonly options: Required<Omit<WorldOptions, 'mix'>>;
  private readonly acceptedRuns = new Set<string>();
  private readonly specs = new Map<string, RunSpec>();
  private readonly broken: string[] = [];
  private calm = false;
  private twins = 0;
  /** Runs that will be started later. */
  private coming = 0;

  constructor(options: WorldOptions) {
    this.options = { faultsMs: 20_000, calmMs: 600_000, ...options };
    this.prng = new Prng(options.seed);
    this.drawn = options.mix ?? drawMix(this.prng);
    this.mix = this.drawn;
    this.manager = new ManagerNode(this.clock, this.prng, this.settings, (effects) => this.door.act(effects));
    const { clock, prng, manager, settings } = this;
    this.door = new SimDoor({ clock, prng, manager, leaseMs: settings.leaseMs, mix: () => this.mix });
  }

  run(): WorldResult {
    this.manager.start();
    for (let i = this.prng.between(1, 4); i > 0; i--) this.addExecutor();
    this.createRun();
    for (let i = this.prng.between(0, 2); i > 0; i--) {
      this.coming += 1;
      this.clock.after(this.prng.between(0, this.options.faultsMs / 2), () => this.createLater());
    }
    this.scheduleFaults();
    this.clock.after(this.options.faultsMs, () => this.calmDown());
    let steps = 0;
    while (steps < MOST_STEPS && this.allBroken().length === 0) {
      if (!this.clock.step()) break;
      steps += 1;
      if (this.calm && this.over()) break;
      if (this.clock.elapsedMs > this.options.faultsMs + this.options.calmMs) break;
    }
    this.judge(steps);
    return {
      seed: this.options.seed,
      broken: this.allBroken(),
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

  private allBroken(): string[] {
    return [...this.manager.broken, ...this.sink.broken, ...this.door.broken, ...this.broken];
  }

  private tell(line: string): void {
    this.story.push(`${(this.clock.elapsedMs / 1000).toFixed(3)} s  ${line}`);
  }

  private addExecutor(): void {
    const id = `e${this.executors.length + 1}`;
    const node = this.newExecutor(id, id);
    this.executors.push(node);
    node.start();
    this.tell(`${node.id} joins`);
  }

  private newExecutor(id: string, key: string): ExecutorNode {
    const world = {
      clock: this.clock,
      prng: this.prng,
      sink: this.sink,
      mix: () => this.mix,
      leaseMs: this.settings.leaseMs,
      dial: (from: ExecutorNode) => this.door.dial(from),
      outcome: (work: executorCore.FanOutWork, shard: number) => this.outcome(work, shard),
    };
    return new ExecutorNode(id, this.prng.between(1, 3), world, key);
  }

  /** A run in the middle of it all; now and then the manager is killed just then. */
  private createLater(): void {
    this.coming -= 1;
    this.createRun();
    if (this.drawn.managerCrashEveryMs > 0 && this.prng.chance(0.3)) this.clock.after(this.prng.between(0, 20), () => this.crashManager());
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

  private outcome(work: executorCore.FanOutWork, shard: number): { status: number; detail: string } {
    if (this.prng.chance(this.mix.attemptFails)) {
      return {
        status: 1,
        detail: JSON.stringify({ code: this.prng.chance(0.9) ? 'S3_UNAVAILABLE' : 'TABLE_UNREADABLE', message: 'drawn', table: 't1' }),
      };
    }
    if (work.step !== 'evaluate') return { status: 0, detail: '' };
    if (this.prng.chance(this.mix.attemptFails / 10)) return { status: 0, detail: '{"pieceHash":7' };
    return {
      status: 0,
      detail: JSON.stringify({ pieceHash: `h${shard}`, users: 1, tags: [], bytesRead: 1, castErrors: 0, durationMs: 1 }),
    };
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
    this.every(this.drawn.drainEveryMs, () => this.drain());
    this.every(this.drawn.twinEveryMs, () => this.twin());
    this.every(this.drawn.strangerEveryMs, () => this.stranger());
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
    this.door.forget();
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
    // The first one always comes back; another may be gone for good.
    if (node !== this.executors[0] && this.prng.chance(0.2)) return;
    this.clock.after(this.prng.between(100, 8_000), () => {
      this.tell(`${node.id} starts again`);
      node.start();
    });
  }

  private partition(): void {
    const node = this.prng.pick(this.executors);
    const forMs = this.prng.between(200, 10_000);
    this.tell(`${node.id} is cut off for ${forMs} ms`);
    this.door.partitions.add(node.id);
    this.clock.after(forMs, () => {
      this.door.partitions.delete(node.id);
      this.door.cut(node.key);
    });
  }

  private drain(): void {
    const node = this.prng.pick(this.executors);
    if (!node.alive) return;
    if (this.prng.chance(0.5)) {
      this.tell(`SIGTERM for ${node.id}`);
      node.drain();
    } else {
      this.tell(`somebody drains ${node.id}`);
      this.manager.push({ type: 'executor-draining', id: node.id });
    }
    const back = () => {
      if (!node.alive) node.start();
      else this.clock.after(500, back);
    };
    this.clock.after(this.prng.between(500, 8_000), back);
  }

  /** A second process under the id of another, which goes away again after a while. */
  private twin(): void {
    const { id } = this.prng.pick(this.executors);
    this.twins += 1;
    const twin = this.newExecutor(id, `${id}-twin-${this.twins}`);
    this.tell(`a second process starts as ${id}`);
    twin.start();
    this.clock.after(this.prng.between(500, 6_000), () => twin.crash());
  }

  /** What one executor said comes from another, or under a token that is over, or cannot be read. */
  private stranger(): void {
    const heard = this.door.lastResults;
    if (heard === undefined) return;
    const executor = this.prng.pick(this.executors).id;
    const shift = this.prng.pick([0, -1, -0.5, Number.NaN, Number.POSITIVE_INFINITY]);
    if (executor === heard.executor && shift === 0) return;
    const garble = (detail: string) => (this.prng.chance(0.3) ? '{"pieceHash":null' : detail);
    const details = heard.details === null ? null : heard.details.map(garble);
    this.door.results({ ...heard, executor, tokens: heard.tokens.map((token) => token + shift), details });
  }

  private click(): void {
    const runs = [...(this.manager.state?.runs.values() ?? [])];
    if (runs.length === 0) return;
    const run = this.prng.pick(runs);
    const task = this.prng.pick(run.allTasks());
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
    this.door.partitions.clear();
    // Streams that broke are noticed by the next message; those that did not must not need a new one.
    if (this.prng.chance(0.5)) this.door.cut();
    this.release();
  }

  private release(): void {
    for (const run of this.manager.state?.runs.values() ?? []) {
      const names = run.allTasks().map((task) => task.name);
      for (const action of ['release', 'run'] as const) {
        const some = names.filter((name) => action === 'release' || run.stateAt(run.index.find(name)) === 'pending');
        this.manager.push({ type: 'command', runId: run.id, action, names: some, downstream: 'as-success', reason: null, who: 'somebody' });
      }
    }
    this.clock.after(5_000, () => this.release());
  }

  private over(): boolean {
    const state = this.manager.state;
    if (state === undefined || this.coming > 0 || this.acceptedRuns.size < this.specs.size) return false;
    return [...this.specs.keys()].every((id) => state.runs.get(id)?.endedMs != null);
  }

  private judge(steps: number): void {
    const state = this.manager.state;
    if (this.allBroken().length > 0) return;
    if (state === undefined || !this.over()) {
      const open = [...(state?.runs.values() ?? [])]
        .filter((run) => run.endedMs === null)
        .map(
          (run) =>
            `${run.id} (${run
              .allTasks()
              .map((task, row) => `${task.name} ${run.stateAt(row)}`)
              .join(', ')})`,
        );
      this.broken.push(`[1] ${steps} steps and ${Math.round(this.clock.elapsedMs / 1000)} s, and not all has ended: ${open.join('; ')}`);
      return;
    }
    for (const run of state.runs.values()) {
      // The lease that stands has the highest token: whoever is fenced must not count.
      for (const pass of run.passes)
        for (const { message, shard } of pass.history)
          if (message?.startsWith('FENCED') === true)
            this.broken.push(`[5] a fenced attempt at shard ${shard} of ${run.id} counted as the one that holds the lease`);
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
