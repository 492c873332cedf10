/** Chooses executors for waiting shards and leases them. */
import type { LeasedEvent } from '../events.ts';
import { WAITING } from '../fan-out.ts';
import type { Executor, FanOutPlace, ManagerState } from '../state.ts';
import { freeSlots, leastTasks } from './least-tasks.ts';

/** Tiny shards in one dispatch message, at most. */
const TINY_BATCH = 1_024;

/** One lease event for what can be leased next, or undefined when nothing can. */
export function nextLease(state: ManagerState): LeasedEvent | undefined {
  for (const place of state.open.values()) {
    if (place.pass.phase !== 'working' || place.pass.abandoned !== null || place.fanOut.ready === 0) continue;
    const lease = place.fanOut.tiny
      ? tinyLease(state, place)
      : place.fanOut.step === 'merge'
        ? mergeLease(state, place)
        : slotLease(state, place);
    if (lease !== undefined) return lease;
  }
  return undefined;
}

function lease(state: ManagerState, place: FanOutPlace, executor: Executor, shards: readonly number[]): LeasedEvent | undefined {
  if (state.tokenNext + shards.length > state.tokensReserved) return undefined;
  return { type: 'leased', executor: executor.id, fanOut: place.fanOut.id, firstToken: state.tokenNext, shards: Uint32Array.from(shards) };
}

function slotLease(state: ManagerState, place: FanOutPlace): LeasedEvent | undefined {
  const executor = leastTasks(state.executors.values());
  if (executor === undefined) return undefined;
  return lease(state, place, executor, [place.fanOut.peek()]);
}

/** Where the piece lies, unless that executor is gone: then anybody may evaluate it again. */
function mergeLease(state: ManagerState, place: FanOutPlace): LeasedEvent | undefined {
  const { pass, fanOut } = place;
  const free = leastTasks(state.executors.values());
  if (free === undefined) return undefined;
  for (const shard of fanOut.peekMany(fanOut.count)) {
    if (fanOut.state[shard] !== WAITING) continue;
    const holder = state.executorAt[pass.pieceAt[shard]! - 1];
    if (holder !== undefined && freeSlots(holder) > 0) return lease(state, place, holder, [shard]);
    if (holder === undefined || holder.state === 'gone' || holder.state === 'silent') return lease(state, place, free, [shard]);
  }
  return undefined;
}

function tinyLease(state: ManagerState, place: FanOutPlace): LeasedEvent | undefined {
  let best: Executor | undefined;
  for (const executor of state.executors.values()) {
    if (executor.state !== 'connected' || executor.disconnectedMs !== null) continue;
    if (best === undefined || executor.tinyLeased < best.tinyLeased) best = executor;
  }
  if (best === undefined) return undefined;
  const room = state.settings.tinyWindow - best.tinyLeased;
  // Half a batch at least, so that a steady stream of results does not turn into one-shard messages.
  const few = Math.min(place.fanOut.ready, TINY_BATCH / 2);
  if (room < few) return undefined;
  return lease(state, place, best, place.fanOut.peekMany(Math.min(room, TINY_BATCH)));
}
