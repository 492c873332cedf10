/** Records of the live feed, made from the state. Nothing here changes it. */
import type {
  AttemptRecord,
  ExecutorRecord,
  FleetRecord,
  InstanceRecord,
  RunRecord,
  ShardsRecord,
  ShardState,
} from '@tagmill/shared/feed/views';
import { ACTIONS, type Action, INSTANCE_STATES, type InstanceState } from '@tagmill/shared/words';
import { instanceId } from '@tagmill/shared/ids';
import { refusal } from './commands.ts';
import { reasonOf } from './why/reason.ts';
import { DONE, FAILED, type FanOut, LEASED } from './fan-out.ts';
import { progressOf } from './pass.ts';
import { HELD, type Run } from './run.ts';
import type { Executor, ManagerState } from './state.ts';
import { stateNumber } from './states/table.ts';

const orNull = (ms: number): number | null => (Number.isNaN(ms) ? null : ms);

export function runView(state: ManagerState, run: Run): RunRecord {
  const counts = Object.fromEntries(INSTANCE_STATES.map((name) => [name, run.counts[stateNumber(name)]!])) as Record<InstanceState, number>;
  const place = state.queue.indexOf(run.id);
  return {
    id: run.id,
    state: run.state,
    mode: run.spec.mode,
    businessDate: run.plan?.businessDate ?? run.spec.businessDate,
    asOf: run.spec.asOf ?? run.plan?.businessDate ?? run.spec.businessDate,
    timeZone: run.spec.timeZone,
    createdAtMs: run.spec.createdAtMs,
    startedAtMs: run.startedMs,
    endedAtMs: run.endedMs,
    queuePlace: place < 0 ? null : place + 1,
    counts,
    held: run.held,
    message: run.error === null ? null : `${run.error.code}: ${run.error.message}`,
    who: run.spec.who,
  };
}

export function instanceView(state: ManagerState, run: Run, row: number): InstanceRecord {
  const task = run.task(row);
  const pass = run.pass(row);
  const totals = task.tagId === null ? undefined : pass?.totals.get(task.tagId);
  const breach = run.breaches.get(row);
  const refusals = Object.fromEntries(ACTIONS.map((action) => [action, refusal(run, row, action)])) as Record<Action, string | null>;
  return {
    id: instanceId(run.id, task.name),
    name: task.title,
    handler: task.handler,
    tagId: task.tagId,
    domain: task.domain,
    state: run.stateAt(row),
    held: run.has(row, HELD),
    gate: task.gate,
    step: pass === undefined || run.stateAt(row) === 'registered' ? null : pass.step,
    ...(pass?.left.get(row) ?? progressOf(pass)),
    reason: reasonOf(state, run, row),
    errorCode: run.errors.get(row)?.code ?? null,
    startedAtMs: orNull(run.startedAtMs[row]!),
    endedAtMs: orNull(run.endedAtMs[row]!),
    matched: totals?.matched ?? breach?.matched ?? null,
    unknown: totals?.unknown ?? breach?.unknown ?? null,
    entered: totals?.entered ?? null,
    exited: totals?.exited ?? null,
    pass: pass?.number ?? null,
    breach: breach ?? null,
    refusals,
  };
}

/** The shards of the step under way as runs of equal state. */
export function shardsView(run: Run, row: number): ShardsRecord {
  const pass = run.pass(row);
  const fanOut = pass?.fanOut ?? null;
  // Of a task that left its pass nobody knows which shards were done by then: the numbers stand in its record.
  if (pass === undefined || fanOut === null || pass.left.has(row)) return { step: pass?.step ?? null, total: 0, ranges: [] };
  const ranges: [number, number, ShardState][] = [];
  for (let shard = 0; shard < fanOut.count; shard++) {
    const at = shardState(fanOut.state[shard]!);
    const last = ranges.at(-1);
    if (last !== undefined && last[2] === at) last[1] += 1;
    else ranges.push([shard, 1, at]);
    if (ranges.length > MOST_RANGES) return { step: fanOut.step, total: fanOut.count, ranges: coarse(fanOut) };
  }
  return { step: fanOut.step, total: fanOut.count, ranges };
}

const MOST_RANGES = 1_024;

/** Too many changes of state to send each: 256 stretches, each by the worst of its shards. */
function coarse(fanOut: FanOut): [number, number, ShardState][] {
  const size = Math.ceil(fanOut.count / 256);
  const ranges: [number, number, ShardState][] = [];
  for (let from = 0; from < fanOut.count; from += size) {
    const part = fanOut.state.subarray(from, from + size);
    const worst = part.includes(FAILED) ? FAILED : part.includes(LEASED) ? LEASED : part.every((at) => at === DONE) ? DONE : 0;
    ranges.push([from, part.length, shardState(worst)]);
  }
  return ranges;
}

const shardState = (at: number): ShardState => (at === DONE ? 'done' : at === FAILED ? 'failed' : at === LEASED ? 'running' : 'waiting');

/** Running attempts first, then ended ones worth showing, newest first. */
export function attemptsView(state: ManagerState, run: Run, row: number): AttemptRecord[] {
  const pass = run.pass(row);
  const fanOut = pass?.fanOut;
  if (pass === undefined) return [];
  const running: AttemptRecord[] = [];
  if (fanOut !== null && fanOut !== undefined) {
    for (const [shard, startedAtMs] of pass.leasedAtMs) {
      if (fanOut.state[shard] !== LEASED) continue;
      running.push({
        step: fanOut.step,
        shard,
        attempt: fanOut.attempt[shard]!,
        executor: state.executorAt[fanOut.executor[shard]! - 1]?.name ?? '',
        token: fanOut.token[shard]!,
        startedAtMs,
        endedAtMs: null,
        outcome: 'running',
        message: null,
      });
    }
  }
  const ended = [...pass.history, ...pass.recent].sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0));
  return [...running, ...ended];
}

export function executorView(executor: Executor): ExecutorRecord {
  return {
    id: executor.id,
    name: executor.name,
    state: executor.disconnectedMs !== null && executor.state === 'connected' ? 'silent' : executor.state,
    slots: executor.slots,
    slotsUsed: executor.slotsUsed,
    version: executor.version,
    labels: executor.labels,
    joinedAtMs: executor.joinedAtMs,
    lastHeardAtMs: executor.lastHeardMs,
    cpuPercent: executor.cpuPercent,
    memoryBytes: executor.memoryBytes,
    loopLagMs: executor.loopLagMs,
    shardsDone: executor.shardsDone,
    shardsFailed: executor.shardsFailed,
  };
}

export function fleetView(state: ManagerState, managerAddress: string): FleetRecord {
  let slots = 0;
  let slotsUsed = 0;
  for (const executor of state.executors.values()) {
    if (executor.state !== 'connected' && executor.state !== 'draining') continue;
    slots += executor.slots;
    slotsUsed += executor.slotsUsed;
  }
  let shardsWaiting = 0;
  let oldest: number | null = null;
  for (const { fanOut } of state.open.values()) {
    if (fanOut.waiting === 0) continue;
    shardsWaiting += fanOut.waiting;
    oldest = Math.min(oldest ?? Number.POSITIVE_INFINITY, fanOut.waitingSinceMs);
  }
  return { slots, slotsUsed, shardsWaiting, oldestWaitSinceMs: oldest, managerAddress };
}
