/** Executors join, come back, drain and go; what they held is kept or leased again. */
import { LIMITS } from '@tagmill/shared/limits';
import { touchExecutor, touchInstance } from '../dirty.ts';
import type { Effect } from '../effects.ts';
import type { Decision, HeldAttempts, Input } from '../events.ts';
import { LEASED, WAITING, writesTarget } from '../fan-out.ts';
import { advance, failPass } from '../passes.ts';
import type { Executor, FanOutPlace, ManagerState } from '../state.ts';
import { endLease, hold, loseLease } from './leases.ts';
import { recordAttempt } from './results.ts';

type Joined = Extract<Input, { type: 'executor-joined' }>;

export function applyJoined(state: ManagerState, event: Joined, effects: Effect[]): void {
  let executor = state.executors.get(event.id);
  if (executor === undefined) {
    executor = newExecutor(state, event);
    state.executors.set(event.id, executor);
    state.executorAt.push(executor);
    forgetGone(state);
  } else if (executor.instance !== event.instance) {
    returnAll(state, executor, 'its process was started again', effects);
    executor.drainAsked = false;
  }
  executor.name = event.name;
  executor.instance = event.instance;
  executor.slots = event.slots;
  executor.version = event.version;
  executor.labels = event.labels;
  executor.state = executor.drainAsked ? 'draining' : 'connected';
  if (executor.drainAsked) effects.push({ type: 'drain', executor: executor.id });
  executor.joinedAtMs = state.atMs;
  executor.lastHeardMs = state.atMs;
  executor.heardAtMs = Number.NaN;
  executor.disconnectedMs = onItsStream(state, event) ? null : Number.NaN;
  touchExecutor(state, executor);
  reattach(state, executor, event.held, effects);
}

/** Executors that come and go under ever new names are not kept for ever. One that is gone holds nothing. */
function forgetGone(state: ManagerState): void {
  const gone = [...state.executors.values()].filter((one) => one.state === 'gone' || one.state === 'silent');
  for (const one of gone.slice(0, Math.max(0, gone.length - LIMITS.goneExecutors))) {
    state.executors.delete(one.id);
    state.executorAt[one.number] = undefined;
    touchExecutor(state, one);
  }
}

/** False when the stream that brought the event has broken since, or another Hello is on its way through the journal. */
const onItsStream = (state: ManagerState, event: Joined): boolean =>
  state.links === null || event.link === undefined || state.links.get(event.id) === event.link;

function newExecutor(state: ManagerState, event: Joined): Executor {
  return {
    number: state.executorAt.length,
    id: event.id,
    name: event.name,
    instance: event.instance,
    slots: event.slots,
    version: event.version,
    labels: event.labels,
    state: 'connected',
    drainAsked: false,
    joinedAtMs: state.atMs,
    slotsUsed: 0,
    tinyLeased: 0,
    shardsDone: 0,
    shardsFailed: 0,
    lastHeardMs: state.atMs,
    heardAtMs: Number.NaN,
    disconnectedMs: null,
    cpuPercent: null,
    memoryBytes: null,
    loopLagMs: null,
  };
}

/**
 * What the executor holds is compared with what the journal says: leases that
 * it does not know are given back, attempts that the journal lost are taken up,
 * and the rest it is told to give up.
 */
function reattach(state: ManagerState, executor: Executor, held: readonly HeldAttempts[], effects: Effect[]): void {
  const known = new Map(held.map((one) => [one.fanOut, new Map(one.shards.map((shard, i) => [shard, one.tokens[i]!]))]));
  for (const place of [...state.open.values()]) {
    const shards = known.get(place.fanOut.id);
    giveBackWhere(state, place, executor, (shard, token) => shards?.get(shard) !== token, 'the executor no longer has it', false, effects);
  }
  for (const { fanOut, shards, tokens } of held) {
    const place = state.open.get(fanOut);
    const dropped: number[] = [];
    for (let i = 0; i < shards.length; i++) {
      const kept = keeps(state, place, executor, shards[i]!, tokens[i]!);
      // Of a pass that was given up it is told again to stop: the first word may have been lost with the stream.
      if (!kept || place?.pass.abandoned != null) dropped.push(i);
    }
    if (dropped.length === 0) continue;
    effects.push({
      type: 'cancel',
      executor: executor.id,
      fanOut,
      shards: dropped.map((i) => shards[i]!),
      tokens: dropped.map((i) => tokens[i]!),
      why: 'the shard is leased elsewhere or no longer needed',
    });
  }
}

function keeps(state: ManagerState, place: FanOutPlace | undefined, executor: Executor, shard: number, token: number): boolean {
  if (place === undefined || !(shard < place.fanOut.count)) return false;
  const { fanOut, pass } = place;
  if (fanOut.state[shard] === LEASED) return fanOut.token[shard] === token && fanOut.executor[shard] === executor.number + 1;
  if (fanOut.state[shard] !== WAITING || pass.abandoned !== null) return false;
  if (!(token > fanOut.token[shard]!) || token >= state.tokensReserved) return false;
  hold(state, place, executor, shard, token);
  return true;
}

export function applyLost(state: ManagerState, event: Extract<Decision, { type: 'executor-lost' }>, effects: Effect[]): void {
  const executor = state.executors.get(event.id);
  if (executor === undefined) return;
  const sentence = {
    silent: 'its executor went silent',
    disconnected: 'its executor lost the connection',
    restarted: 'its executor was started again',
    drained: 'its executor was drained',
  }[event.why];
  returnAll(state, executor, sentence, effects);
  executor.state = event.why === 'silent' ? 'silent' : 'gone';
  touchExecutor(state, executor);
}

function returnAll(state: ManagerState, executor: Executor, why: string, effects: Effect[]): void {
  for (const place of [...state.open.values()]) giveBackWhere(state, place, executor, () => true, why, true, effects);
  executor.slotsUsed = 0;
  executor.tinyLeased = 0;
}

/** Gives back leases of an executor that a test picks. A loss is not charged to the task's retries. */
function giveBackWhere(
  state: ManagerState,
  place: FanOutPlace,
  executor: Executor,
  picks: (shard: number, token: number) => boolean,
  why: string,
  counts: boolean,
  effects: Effect[],
): void {
  const { run, pass, fanOut } = place;
  if (fanOut.leased === 0) return;
  let changed = false;
  for (let shard = 0; shard < fanOut.count; shard++) {
    if (fanOut.state[shard] !== LEASED || fanOut.executor[shard] !== executor.number + 1 || !picks(shard, fanOut.token[shard]!)) continue;
    changed = true;
    recordAttempt(state, place, executor, shard, 'lost', why);
    if (counts) fanOut.losses[shard]! += 1;
    if (writesTarget(fanOut.step)) {
      loseLease(state, place, shard);
      continue;
    }
    endLease(state, place, shard);
    fanOut.giveBack(shard, state.atMs);
    if (!counts) continue;
    if (fanOut.losses[shard]! < state.settings.maxLosses || fanOut.tiny || pass.abandoned !== null) continue;
    fanOut.finish(shard, false);
    failPass(state, run, pass, 'EXECUTOR_LOST', `shard ${shard} lost its executor ${fanOut.losses[shard]} times; it is put aside`, effects);
  }
  if (!changed) return;
  for (const row of pass.members) touchInstance(state, run, row);
  advance(state, run, pass, effects);
}
