/** Why no executor takes a shard now. */
import type { WaitCode } from '@tagmill/shared/wait-causes';
import type { FanOut } from '../fan-out.ts';
import { WAITING } from '../fan-out.ts';
import type { Pass } from '../pass.ts';
import { freeSlots } from '../placement/least-tasks.ts';
import type { Executor, ManagerState } from '../state.ts';

export interface Reason {
  readonly code: WaitCode;
  readonly sentence: string;
}

/** Null: some executor has a free slot. */
export function fleetReason(state: ManagerState): Reason | null {
  const there: Executor[] = [];
  let [draining, away] = [0, 0];
  for (const executor of state.executors.values()) {
    if (executor.state === 'gone') continue;
    if (executor.state === 'draining') draining += 1;
    else if (executor.state === 'silent' || executor.disconnectedMs !== null) away += 1;
    else there.push(executor);
  }
  if (state.massLoss !== null)
    return {
      code: 'mass-loss',
      sentence: `${state.massLoss.lost} of ${state.massLoss.of} executors went at once: this manager may be the one that is cut off, so their shards wait up to three leases`,
    };
  if (there.length === 0) return nobody(draining, away);
  const slots = there.reduce((sum, one) => sum + one.slots, 0);
  const used = there.reduce((sum, one) => sum + one.slotsUsed, 0);
  return used < slots ? null : { code: 'slots-full', sentence: `all ${slots} slots of ${there.length} executors are busy` };
}

function nobody(draining: number, away: number): Reason {
  if (away > 0)
    return {
      code: 'executors-away',
      sentence: `nothing is heard of ${away} executors that have joined; their shards are given to others when their leases end`,
    };
  if (draining > 0)
    return {
      code: 'executors-draining',
      sentence: `${draining} executors drain and take no new work, and no other is connected: start one with \`tagmill executor --manager HOST:PORT\``,
    };
  return { code: 'no-executor', sentence: 'no executor is connected: start one with `tagmill executor --manager HOST:PORT`' };
}

/** Pieces that wait lie on executors without a free slot, while others have some. */
export function pieceReason(state: ManagerState, pass: Pass, fanOut: FanOut): Reason | null {
  if (fanOut.step !== 'merge') return null;
  for (let shard = 0; shard < fanOut.count; shard += 1) {
    if (fanOut.state[shard] !== WAITING) continue;
    const holder = state.executorAt[pass.pieceAt[shard]! - 1];
    if (holder === undefined || holder.state === 'gone' || holder.state === 'silent' || freeSlots(holder) > 0) return null;
    return {
      code: 'piece-holder',
      sentence: `what shard ${shard} evaluated lies on the executor ${holder.name}, whose ${holder.slots} slots are busy`,
    };
  }
  return null;
}
