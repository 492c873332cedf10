import { assert } from '@tagmill/shared/assert';
import { touchExecutor, touchInstance } from '../dirty.ts';
import type { Effect } from '../effects.ts';
import type { LeasedEvent } from '../events.ts';
import { LEASED, writesTarget } from '../fan-out.ts';
import { fire } from '../instances.ts';
import { leaseEnded } from '../passes.ts';
import type { Executor, FanOutPlace, ManagerState } from '../state.ts';

/** Shards are leased to an executor under consecutive tokens. */
export function applyLeased(state: ManagerState, event: LeasedEvent, effects: Effect[]): void {
  const place = state.open.get(event.fanOut);
  const executor = state.executors.get(event.executor);
  assert(
    place !== undefined && executor !== undefined,
    `a lease names fan-out ${event.fanOut} or executor ${event.executor}, which are not there`,
  );
  const { run, pass, fanOut } = place;
  const attempts = new Uint16Array(event.shards.length);
  for (let i = 0; i < event.shards.length; i++) {
    const shard = event.shards[i]!;
    hold(state, place, executor, shard, event.firstToken + i);
    attempts[i] = fanOut.attempt[shard]!;
  }
  touchExecutor(state, executor);
  state.tokenNext = Math.max(state.tokenNext, event.firstToken + event.shards.length);
  const merge = fanOut.step === 'merge';
  const writes = writesTarget(fanOut.step);
  effects.push({
    type: 'dispatch',
    executor: executor.id,
    runId: run.id,
    pass: pass.outerNumber,
    step: fanOut.step,
    fanOut: fanOut.id,
    firstToken: event.firstToken,
    shards: event.shards,
    attempts,
    scope: writes ? pass.scopes.at(-1)! : null,
    pieceHashes: merge ? Array.from(event.shards, (shard) => pass.pieceHash[shard]!) : null,
  });
}

/**
 * One shard goes to one executor, by a lease or because it holds it since
 * before a restart. A lease that the journal lost was given after everything
 * that it knows of, and once somebody leaves no shard is taken up any more
 * (doubtLostLeases): so its scope is the last one, too.
 */
export function hold(state: ManagerState, place: FanOutPlace, executor: Executor, shard: number, token: number): void {
  const { run, pass, fanOut } = place;
  fanOut.lease(shard, executor.number, token);
  pass.attempts += 1;
  if (fanOut.tiny) executor.tinyLeased += 1;
  else {
    executor.slotsUsed += 1;
    pass.leasedAtMs.set(shard, state.atMs);
    touchExecutor(state, executor);
  }
  if (fanOut.step === 'merge') pass.scopeOf[shard] = pass.scopes.length - 1;
  if (fanOut.leased + fanOut.done === 1 || !fanOut.tiny) {
    for (const row of pass.members) {
      fire(state, run, row, 'lease', `its first shard runs on ${executor.name}`);
      touchInstance(state, run, row);
    }
  }
}

/** A lease ends, whatever its outcome: the slot is free again. The caller then finishes or gives back the shard. */
export function endLease(state: ManagerState, place: FanOutPlace, shard: number): void {
  freeSlot(state, place, shard);
  leaseEnded(place.run, place.pass, shard);
}

/**
 * A lease on the target ends without a word of what its attempt did: the shard
 * is nobody's until the target was asked, and those that leave the pass wait
 * for that.
 */
export function loseLease(state: ManagerState, place: FanOutPlace, shard: number): void {
  freeSlot(state, place, shard);
  place.fanOut.doubt(shard);
}

function freeSlot(state: ManagerState, { fanOut }: FanOutPlace, shard: number): void {
  assert(fanOut.state[shard] === LEASED, `shard ${shard} of fan-out ${fanOut.id} has no lease to end`);
  const executor = state.executorAt[fanOut.executor[shard]! - 1];
  if (executor === undefined) return;
  // Tiny ones come by the thousand: their caller touches the executor once for all.
  if (fanOut.tiny) executor.tinyLeased = Math.max(0, executor.tinyLeased - 1);
  else {
    executor.slotsUsed = Math.max(0, executor.slotsUsed - 1);
    touchExecutor(state, executor);
  }
}
