/**
 * A graph of the user's own, run through the simulation: what happens when
 * executors are lost? Leases, retries, losses and graph order are those of the
 * real core. Each shard is an instance that takes a slot; a task is the barrier
 * behind its shards.
 */
import type { RunSpec, TaskSpec } from '@tagmill/manager/core/run-spec';
import { DEFAULT_SETTINGS } from '@tagmill/manager/core/state';
import { SimClock } from './clock.ts';
import { SimDisk } from './disk.ts';
import { SimDoor } from './door.ts';
import { ExecutorNode } from './executor-node.ts';
import { FaultDice } from './faults.ts';
import { JournalFacts } from './journal-facts.ts';
import { LeaderRow } from './leader-row.ts';
import { ManagerNode } from './manager-node.ts';
import { streamOf } from './streams.ts';
import { SimTarget } from './target.ts';

export interface WorkflowTask {
  readonly name: string;
  readonly shards: number;
  /** How long one shard takes, from and to, ms. */
  readonly durationMs: readonly [number, number];
  readonly after: readonly string[];
}

export interface Workflow {
  readonly tasks: readonly WorkflowTask[];
  /** Slots of each executor. */
  readonly slots: readonly number[];
}

export interface Loss {
  /** Executors that are lost, at drawn times within `withinMs`. */
  readonly executors: number;
  readonly withinMs: number;
  /** A lost one comes back after this; undefined: never. */
  readonly backAfterMs?: number;
}

export interface WorkflowEnd {
  readonly ended: boolean;
  /** Every task has succeeded. */
  readonly succeeded: boolean;
  /** From the start to the end of the last task, ms; of what did not end, when it was given up. */
  readonly finishedMs: number;
  /** Shards that were leased more than once. */
  readonly redone: number;
  /** Why the first task that failed did. */
  readonly failure: string | null;
}

const RUN = 'workflow';
/** Simulated time after which what has not ended is given up: so many times the whole work on one slot. */
const PATIENCE = 3;
const LEAST_PATIENCE_MS = 600_000;

export const workMs = ({ tasks }: Workflow): number => tasks.reduce((sum, task) => sum + task.shards * task.durationMs[1], 0);

export function simulateWorkflow(workflow: Workflow, seed: number, loss: Loss): WorkflowEnd {
  const clock = new SimClock();
  const { manager, start } = makeManager(clock, seed);
  const executors = workflow.slots.map((slots, i) => start(`executor-${i + 1}`, slots, durationsOf(workflow, seed)));
  manager.start();
  for (const node of executors) node.start();
  lose(clock, executors, seed, loss);
  let startedMs: number | undefined;
  const submit = (): void => {
    if (startedMs !== undefined) return;
    manager.push({ type: 'run-created', spec: specOf(workflow, clock.nowMs) }, () => {
      startedMs ??= clock.elapsedMs;
    });
    clock.after(100, submit);
  };
  submit();
  const limitMs = LEAST_PATIENCE_MS + PATIENCE * workMs(workflow) + (loss.backAfterMs ?? 0);
  const run = () => manager.state?.runs.get(RUN);
  while (run()?.endedMs == null && clock.elapsedMs < limitMs && clock.step());
  if (manager.broken.length > 0) throw new Error(manager.broken[0]);
  const ended = run();
  const leased = [...(ended?.passes ?? [])].map((pass) => pass.fanOut?.attempt[0] ?? 0);
  const [failure] = ended === undefined ? [] : [...ended.errors.values()].map(({ code, message }) => `${code}: ${message}`);
  return {
    ended: ended?.endedMs != null,
    succeeded: ended?.state === 'succeeded',
    finishedMs: clock.elapsedMs - (startedMs ?? 0),
    redone: leased.filter((attempts) => attempts > 1).length,
    failure: failure ?? null,
  };
}

type Durations = (row: number, shard: number) => number;

function makeManager(clock: SimClock, seed: number) {
  const dice = new FaultDice(seed, {});
  const target = new SimTarget(() => clock.nowMs);
  const rows = new LeaderRow(clock, streamOf(seed, 'leader-row'), () => false);
  const manager = new ManagerNode('manager', new SimDisk(clock, streamOf(seed, 'disk'), dice), 1, {
    clock,
    prng: streamOf(seed, 'manager'),
    settings: DEFAULT_SETTINGS,
    rows,
    facts: new JournalFacts(),
    durability: 'local',
    snapshotMs: Number.MAX_SAFE_INTEGER,
    checks: false,
    acceptsLoss: () => false,
    forgives: () => false,
    tell: () => undefined,
  });
  const { leaseMs } = DEFAULT_SETTINGS;
  const door = new SimDoor({
    clock,
    prng: streamOf(seed, 'door'),
    dice,
    target,
    manager,
    leaseMs,
    copies: 0,
    blocked: () => false,
    tokens: new Set(),
    shardsOf: () => 1,
  });
  manager.doors = door;
  const start = (id: string, slots: number, durationOf: Durations): ExecutorNode =>
    new ExecutorNode(id, slots, {
      clock,
      prng: streamOf(seed, id),
      dice,
      target,
      leaseMs,
      paceMs: 1,
      rate: 1,
      dial: (node) => door.dial(node),
      shardsOf: () => 1,
      undoesOf: () => undefined,
      outcome: (work, shard) => {
        const row = manager.state?.runs.get(RUN)?.passOutside(work.pass)?.rows[0] ?? 0;
        return { status: 0, detail: '', afterMs: durationOf(row, shard) };
      },
    });
  return { manager, start };
}

/** Drawn per row of the run: the same whichever executor has it. */
function durationsOf(workflow: Workflow, seed: number): Durations {
  const prng = streamOf(seed, 'durations');
  const rows = workflow.tasks.flatMap((task) => [
    ...Array.from({ length: task.shards }, () => prng.between(task.durationMs[0], task.durationMs[1])),
    0,
  ]);
  return (row) => rows[row] ?? 0;
}

function lose(clock: SimClock, executors: readonly ExecutorNode[], seed: number, loss: Loss): void {
  const prng = streamOf(seed, 'losses');
  const left = [...executors];
  for (let i = 0; i < loss.executors && left.length > 0; i++) {
    const [node] = left.splice(prng.between(0, left.length - 1), 1);
    clock.after(prng.between(0, loss.withinMs), () => {
      // Half of them go without a word: their leases run out.
      node!.crash(prng.chance(0.5));
      if (loss.backAfterMs !== undefined) clock.after(loss.backAfterMs, () => node!.start());
    });
  }
}

/** Shards first, then the task itself as what waits for them: an instant of the manager's. */
function specOf({ tasks }: Workflow, nowMs: number): RunSpec {
  const shardName = (task: WorkflowTask, shard: number) => `${task.name}#${shard + 1}`;
  const shardOf = (name: string): TaskSpec => ({ name, title: name, handler: 'plan', tagId: null, domain: null, gate: 'auto' });
  const barrierOf = (name: string): TaskSpec => ({ name, title: name, handler: 'report', tagId: null, domain: null, gate: 'auto' });
  const shards = (task: WorkflowTask) => Array.from({ length: task.shards }, (_, shard) => shardName(task, shard));
  return {
    id: RUN,
    mode: 'noop',
    who: 'you',
    createdAtMs: nowMs,
    timeZone: 'UTC',
    asOf: null,
    businessDate: null,
    shardRows: 1,
    tables: null,
    users: null,
    days: null,
    rules: [],
    tasks: tasks.flatMap((task) => [...shards(task).map(shardOf), barrierOf(task.name)]),
    edges: tasks.flatMap((task) =>
      shards(task).flatMap((name) => [
        ...task.after.map((before) => ({ from: before, to: name, kind: 'success' as const })),
        { from: name, to: task.name, kind: 'success' as const },
      ]),
    ),
  };
}
