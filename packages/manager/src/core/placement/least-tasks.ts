import type { Executor } from '../state.ts';

/** Free slots of an executor for shards that take one each. */
export const freeSlots = (executor: Executor): number =>
  executor.state === 'connected' && executor.disconnectedMs === null ? executor.slots - executor.slotsUsed : 0;

/** The executor with the most free slots; the one that joined first among equals; undefined when all are full. */
export function leastTasks(executors: Iterable<Executor>): Executor | undefined {
  let best: Executor | undefined;
  for (const executor of executors) {
    if (freeSlots(executor) > 0 && (best === undefined || freeSlots(executor) > freeSlots(best))) best = executor;
  }
  return best;
}
