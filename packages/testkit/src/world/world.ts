/**
 * A whole cluster in one process, from a seed: the real cores of manager and
 * executors, with simulated time, network, disks, database and people. Faults
 * stop after a while; then everything must end well.
 */
import type * as executorCore from '@tagmill/executor/core/attempts';
import { DEFAULT_SETTINGS, type ManagerState, type Settings } from '@tagmill/manager/core/state';
import type { Prng } from '@tagmill/shared/prng';
import { SimClock } from './clock.ts';
import { Crowd } from './crowd.ts';
import { SimDisk } from './disk.ts';
import { SimDoor } from './door.ts';
import { ExecutorNode } from './executor-node.ts';
import { FaultDice, type FaultKind, type FaultMix } from './faults.ts';
import { JournalFacts } from './journal-facts.ts';
import { judge, lastMerged, openRuns, passesSince, writesAfterLeaving } from './judge.ts';
import { LeaderRow } from './leader-row.ts';
import { ManagerNode } from './manager-node.ts';
import { mixOf } from './mixes.ts';
import { countsOf, RUN_LIMITS } from './sim-run.ts';
import { streamOf } from './streams.ts';
import { type Claim, SimTarget } from './target.ts';
import { Trouble } from './trouble.ts';

export interface WorldOptions {
  readonly seed: number;
  /** Name of a mix (mixes.ts), or the mix itself. */
  readonly mix?: string | FaultMix;
  /** Kinds of the mix that do not happen. */
  readonly off?: readonly FaultKind[];
  /** Simulated time with faults. */
  readonly faultsMs?: number;
  /** Simulated time within which all must end after that. */
  readonly calmMs?: number;
  /** At most so many of each. */
  readonly executors?: number;
  readonly shards?: number;
  readonly tags?: number;
  readonly runs?: number;
  readonly clicks?: number;
  /** Tags have policies: the check holds some. */
  readonly policies?: boolean;
}

export interface WorldResult {
  readonly seed: number;
  readonly broken: readonly string[];
  readonly mix: FaultMix;
  readonly injected: ReadonlyMap<FaultKind, number>;
  readonly steps: number;
  readonly simulatedMs: number;
  readonly restarts: number;
  readonly fenced: number;
  readonly settled: number;
  readonly fromCopies: number;
  readonly acknowledged: number;
  readonly ignoredResults: number;
  /** Tags that a check has held. */
  readonly heldByCheck: number;
  /** Equal for equal seeds: the journal's chain hash is in it. */
  readonly fingerprint: string;
  readonly story: readonly string[];
}

const MOST_STEPS = 400_000;
const MOST_EXECUTORS = 6;
const MOST_RUNS = 5;
/** A person who sees a manager refuse to start this often accepts the loss. */
const REFUSALS = 4;

const REPEAT_STEPS = 30_000;

/** What no executor should ever answer. */
const GARBLED = ['{"pieceHash":7', '{"pieceHash":7}', 'null', '[]', '{"pieceHash":"h","users":-1,"tags":[],"bytesRead":0}', ''] as const;

export class World {
  private readonly prng: Prng;
  private readonly durability: 'local' | 'copied';
  /** Executors that are sent copies at most. */
  private readonly copies: number;
  /** How slow the target is. */
  private readonly paceMs: number;
  private readonly clock = new SimClock();
  private readonly settings: Settings = { ...DEFAULT_SETTINGS, leaseMs: 3_000, retryMaxMs: 2_000 };
  private readonly options: Required<Omit<WorldOptions, 'mix' | 'off'>>;
  private readonly drawn: FaultMix;
  private readonly dice: FaultDice;
  private readonly target = new SimTarget(() => this.clock.nowMs);
  private readonly facts = new JournalFacts();
  private readonly rows: LeaderRow;
  private readonly managers: ManagerNode[] = [];
  private readonly doors = new Map<string, SimDoor>();
  private readonly executors: ExecutorNode[] = [];
  private readonly blocked = new Set<string>();
  private readonly tokens = new Set<string>();
  private readonly crowd: Crowd;
  private readonly trouble: Trouble;
  private readonly story: string[] = [];
  private readonly broken: string[] = [];
  private calm = false;
  /** What was acknowledged may have been lost; and how many passes of each run the last start knew that went on without it. */
  private lost = false;
  private readonly passesKept = new Map<string, number>();

  constructor(options: WorldOptions) {
    const limits = {
      faultsMs: 20_000,
      calmMs: 300_000,
      executors: MOST_EXECUTORS,
      runs: MOST_RUNS,
      clicks: Number.POSITIVE_INFINITY,
      ...RUN_LIMITS,
    };
    this.options = { ...limits, ...options };
    const { seed } = options;
    this.prng = streamOf(seed, 'world');
    this.durability = this.prng.chance(0.4) ? 'copied' : 'local';
    this.copies = this.prng.between(1, 4);
    this.paceMs = this.prng.pick([30, 120, 120, 600, 2_500]);
    const mix = typeof options.mix === 'object' ? options.mix : mixOf(options.mix ?? 'drawn', seed);
    this.drawn = Object.fromEntries(Object.entries(mix).filter(([kind]) => options.off?.includes(kind as FaultKind) !== true));
    this.dice = new FaultDice(seed, this.drawn);
    const { clock, dice, target, blocked, managers, executors, doors } = this;
    this.rows = new LeaderRow(clock, streamOf(seed, 'leader-row'), () => target.isAway);
    const leader = () => this.leader();
    const tell = (line: string) => this.tell(line);
    this.crowd = new Crowd({ clock, leader, tell, limits: this.options }, streamOf(seed, 'runs'));
    this.addManager('m1');
    if (this.drawn.takeover !== undefined) this.addManager('m2');
    const newTwin = (id: string, key: string) => this.newExecutor(id, key);
    const { crowd } = this;
    this.trouble = new Trouble({ clock, dice, target, crowd, managers, executors, doors, leader, newTwin, blocked, tell });
    target.forgives = (claim) => this.mayHaveLostTags(claim);
    target.onCommit = (merge) => this.broken.push(...writesAfterLeaving(this.leader()?.state, merge));
  }

  run(): WorldResult {
    const { options, prng, crowd } = this;
    this.managers[0]!.start();
    for (let i = prng.between(1, 4); i > 0; i--) this.addExecutor();
    crowd.createRun();
    for (let i = prng.between(0, 2); i > 0; i--) crowd.createLater(prng.between(0, options.faultsMs / 2));
    this.moreExecutors();
    this.trouble.begin();
    this.clock.after(options.faultsMs, () => this.calmDown());
    const steps = this.steps();
    this.end(steps);
    return this.result(steps);
  }

  private steps(): number {
    const { faultsMs, calmMs } = this.options;
    let steps = 0;
    while (steps < MOST_STEPS && !this.isBroken()) {
      if (!this.clock.step()) break;
      steps += 1;
      if (this.calm && this.over()) break;
      if (this.clock.elapsedMs > faultsMs + calmMs) break;
    }
    return steps;
  }

  private result(steps: number): WorldResult {
    const leader = this.leader() ?? this.managers[0]!;
    const sum = (of: (node: ManagerNode) => number) => this.managers.reduce((total, node) => total + of(node), 0);
    return {
      seed: this.options.seed,
      broken: this.allBroken(),
      mix: this.drawn,
      injected: this.dice.injected,
      steps,
      simulatedMs: this.clock.elapsedMs,
      restarts: sum((node) => node.restarts),
      fenced: this.target.fenced,
      settled: this.target.settled,
      fromCopies: sum((node) => node.recoveredFromCopies),
      acknowledged: this.crowd.acknowledged,
      ignoredResults: leader.state?.ignoredResults ?? 0,
      heldByCheck: [...(leader.state?.runs.values() ?? [])].reduce((sum, run) => sum + run.breaches.size, 0),
      fingerprint: `${steps}/${this.clock.elapsedMs}/${Buffer.from(leader.disk.head.hash).toString('hex')}/${this.target.written}`,
      story: this.story,
    };
  }

  private leader(): ManagerNode | undefined {
    return this.managers.find((node) => node.leads && !node.machine.stopped);
  }

  private isBroken(): boolean {
    const { managers, target, facts, broken, doors } = this;
    if (broken.length > 0 || target.broken.length > 0 || facts.broken.length > 0) return true;
    for (const node of managers) if (node.broken.length > 0) return true;
    for (const door of doors.values()) if (door.broken.length > 0) return true;
    return false;
  }

  private allBroken(): string[] {
    const parts = [this.target, this.facts, ...this.managers, ...this.doors.values()];
    return [...parts.flatMap((part) => part.broken), ...this.broken];
  }

  private tell(line: string): void {
    this.story.push(`${(this.clock.elapsedMs / 1000).toFixed(3)} s  ${line}`);
  }

  private addManager(name: string): void {
    const { clock, dice, rows, facts, settings } = this;
    const disk = new SimDisk(clock, streamOf(this.options.seed, `disk/${name}`), dice);
    const world = {
      clock,
      prng: streamOf(this.options.seed, `manager/${name}`),
      settings,
      rows,
      facts,
      durability: this.durability,
      checks: true,
      snapshotMs: streamOf(this.options.seed, 'snapshots').between(1_500, 8_000),
      acceptsLoss: () => this.acceptsLoss(),
      forgives: (node: ManagerNode, own: boolean, state: ManagerState) => this.forgives(node, own, state),
      tell: (line: string) => this.tell(line),
    };
    const manager = new ManagerNode(name, disk, this.rate(`clock/${name}`, 0.004), world);
    const door = new SimDoor({
      clock,
      prng: streamOf(this.options.seed, `door/${name}`),
      dice,
      target: this.target,
      manager,
      leaseMs: settings.leaseMs,
      copies: this.copies,
      blocked: (executor, at, direction) => this.blocked.has(`${executor}/${at}/${direction}`),
      tokens: this.tokens,
      shardsOf: (runId) => this.shardsOf(runId),
    });
    manager.doors = door;
    this.managers.push(manager);
    this.doors.set(name, door);
  }

  /** A person who sees that a manager does not start says at last that it may go on without what is missing. */
  private acceptsLoss(): boolean {
    return this.calm && this.managers.some((node) => node.refusals >= REFUSALS);
  }

  /**
   * Whether what was acknowledged may be missing. A journal that is local alone
   * may lose with its disk what no copy has; one that is copied, what only
   * copies have that are lost too, or were out of reach for the whole wait; and a
   * person may have accepted it.
   */
  private forgives(node: ManagerNode, own: boolean, state: ManagerState): boolean {
    const lossy = !own || this.trouble.lossy.has(node);
    this.trouble.lossy.delete(node);
    const accepted = this.acceptsLoss();
    if (!lossy && !accepted) return false;
    const { term, seq, lineage } = node.disk.head;
    const copies = [...this.executors.map(({ kept }) => kept), ...this.trouble.twinCopies];
    const further = copies.some(({ at }) => at?.lineage === lineage && at.term >= term && at.seq > seq);
    const forgives = accepted || this.durability === 'local' || this.trouble.copiesLost || further;
    if (!forgives) return false;
    this.lost = true;
    for (const run of state.runs.values()) this.passesKept.set(run.id, run.passes.length);
    return true;
  }

  /** A tag's way out of a pass may be lost where the pass itself is not: the target then did a batch for fewer tags. */
  private mayHaveLostTags({ runId, pass }: Claim): boolean {
    const number = this.leader()?.state?.runs.get(runId)?.passOutside(pass)?.number ?? 0;
    return this.lost && number <= (this.passesKept.get(runId) ?? 0);
  }

  /** Clocks of machines run at rates of their own; a manager's within what its lease allows for. */
  private rate(name: string, share: number): number {
    const strength = this.dice.strength('clock-rate') * share;
    return 1 + (streamOf(this.options.seed, name).fraction() * 2 - 1) * strength;
  }

  private moreExecutors(): void {
    this.clock.after(15_000, () => {
      if (this.calm || this.executors.length >= this.options.executors) return;
      this.addExecutor();
      this.moreExecutors();
    });
  }

  private addExecutor(): void {
    if (this.executors.length >= this.options.executors) return;
    const id = `e${this.executors.length + 1}`;
    const node = this.newExecutor(id, id);
    this.executors.push(node);
    node.start();
    this.tell(`${node.id} joins`);
  }

  private newExecutor(id: string, key: string): ExecutorNode {
    const prng = streamOf(this.options.seed, `executor/${key}`);
    const world = {
      clock: this.clock,
      prng,
      dice: this.dice,
      target: this.target,
      leaseMs: this.settings.leaseMs,
      paceMs: this.paceMs,
      rate: this.rate(`clock/${key}`, 1),
      dial: (from: ExecutorNode) => this.dial(from),
      shardsOf: (runId: string) => this.shardsOf(runId),
      undoesOf: (runId: string, pass: number) => this.undoesOf(runId, pass),
      outcome: (work: executorCore.FanOutWork, shard: number) => this.outcome(prng, work, shard),
    };
    return new ExecutorNode(id, prng.between(1, 3), world, key);
  }

  /** Managers are tried in turn. */
  private dial(node: ExecutorNode) {
    const manager = this.managers[node.dials++ % this.managers.length]!;
    return this.doors.get(manager.name)!.dial(node);
  }

  private shardsOf(runId: string): number {
    return this.crowd.specs.get(runId)?.shardRows ?? 1;
  }

  /** Outer number of the pass that a rollback undoes. */
  private undoesOf(runId: string, pass: number): number | undefined {
    const run = this.leader()?.state?.runs.get(runId);
    return run?.passes[(run.passOutside(pass)?.undoes ?? 0) - 1]?.outerNumber;
  }

  private outcome(prng: Prng, work: executorCore.FanOutWork, shard: number): { status: number; detail: string; afterMs: number } {
    const { dice } = this;
    const stalled = dice.hits('s3-stall') ? dice.of('s3-stall').between(1_000, 8_000) : 0;
    const afterMs = prng.between(5, 400) + stalled;
    const fails = (code: string, more = {}) => ({ status: 1, detail: JSON.stringify({ code, message: 'drawn', ...more }), afterMs });
    if (dice.hits('object-changed')) return fails('INPUT_CHANGED');
    if (dice.hits('s3-error')) return fails('S3_UNAVAILABLE');
    if (dice.hits('attempt-fails')) {
      const kind = dice.of('attempt-fails').between(0, 9);
      if (kind === 0) return fails('TABLE_UNREADABLE', { table: 't1' });
      if (kind === 1) return { status: 0, detail: dice.of('attempt-fails').pick(GARBLED), afterMs };
      return fails(kind < 4 ? 'WORKER_DIED' : 'OUT_OF_MEMORY');
    }
    if (work.step !== 'evaluate') return { status: 0, detail: '', afterMs };
    const tags = this.options.policies ? countsOf(shard) : [];
    const found = { pieceHash: `h${shard}`, users: 1, tags, bytesRead: 1, castErrors: 0, durationMs: 1 };
    return { status: 0, detail: JSON.stringify(found), afterMs };
  }

  private calmDown(): void {
    this.calm = true;
    this.trouble.end();
    // Streams that broke are noticed by the next message; those that did not must not need a new one.
    if (this.prng.chance(0.5)) for (const door of this.doors.values()) door.cut();
    this.crowd.release();
  }

  private over(): boolean {
    const { crowd } = this;
    const state = this.leader()?.state;
    if (state === undefined || crowd.coming > 0 || crowd.accepted.size < crowd.specs.size) return false;
    for (const id of crowd.specs.keys()) if (state.runs.get(id)?.endedMs == null) return false;
    return true;
  }

  private end(steps: number): void {
    const leader = this.leader();
    if (this.isBroken()) return;
    if (leader?.state === undefined || !this.over()) {
      const seconds = Math.round(this.clock.elapsedMs / 1000);
      const open = leader === undefined ? 'nobody leads' : openRuns(leader.state);
      this.broken.push(`[1] ${steps} steps and ${seconds} s, and not all has ended: ${open}`);
      return;
    }
    // What was lost with a disk, as nobody promised to keep it, may have had effects that nobody knows of.
    if (!this.lost) this.broken.push(...judge(leader.state, this.target));
    if (!this.lost && this.prng.chance(0.2)) this.repeat(leader);
    // The disk is held against the state once more, at the next commit: people still click on release.
    leader.checkNext = true;
    for (let i = 0; i < 2_000 && leader.checkNext && !this.isBroken(); i++) this.clock.step();
  }

  /** [4] What had the target last is done again, and no row is written. */
  private repeat(leader: ManagerNode): void {
    const found = lastMerged(leader.state!);
    if (found === undefined || this.isBroken()) return;
    const { run, name, tag, id } = found;
    const written = this.target.writtenOf.get(tag) ?? 0;
    const again = {
      type: 'command',
      runId: run.id,
      action: 'rerun',
      names: [name],
      downstream: 'as-success',
      reason: null,
      who: 'nobody',
    } as const;
    leader.push(again);
    const passes = run.passes.length;
    const isOver = () => run.passes.length > passes && run.endedMs !== null;
    for (let i = 0; i < REPEAT_STEPS && !isOver() && !this.isBroken(); i++) this.clock.step();
    // Somebody else may have skipped it in the same moment: then it has ended, too.
    if (!isOver() && run.stateAt(run.index.find(name)) === 'skipped') return;
    if (!isOver()) this.broken.push(`[1] ${name} of ${run.id} was asked to run again and has not ended`);
    // Others that were held until now may have had the target in between, or a rollback that somebody asked for at last.
    if (leader.state === undefined || passesSince(leader.state, id) > 1 || run.passes.at(-1)?.kind !== 'tags') return;
    const more = (this.target.writtenOf.get(tag) ?? 0) - written;
    if (more > 0) this.broken.push(`[4] ${name} of ${run.id} was run again, and ${more} rows were written`);
  }
}

export const simulate = (options: WorldOptions): WorldResult => new World(options).run();
