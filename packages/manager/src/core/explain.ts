/** One sentence for why an instance waits, from the scheduler's own checks. */
import { breachSentence } from '@tagmill/shared/tag-policy';
import { predecessors } from './graph.ts';
import { HELD, ROLLBACK, type Run } from './run.ts';
import type { ManagerState } from './state.ts';
import { STATES } from './states/table.ts';
import { isHeldByCheck } from './tag-check.ts';

/** The reason to show beside an instance's state; null when there is nothing to say. */
export function reasonOf(state: ManagerState, run: Run, row: number): string | null {
  const at = run.stateAt(row);
  if (isHeldByCheck(run, row) && !STATES[at].terminal)
    return `held by the check, nothing of it is written: ${breachSentence(run.breaches.get(row)!)}; release it and it is merged, stop it and it is discarded`;
  if (run.has(row, HELD) && !STATES[at].terminal) return 'held; release it and it goes on';
  if (at === 'unregistered') return run.state === 'queued' ? queueSentence(state, run) : 'registers when its run starts';
  if (at === 'registered') return waitsFor(run, row);
  if (at === 'pending' && run.has(row, ROLLBACK) && run.pass(row)?.phase !== 'waiting-target')
    return 'what it changed is about to be undone';
  if (at === 'pending') return run.gateOpen(row) ? workSentence(state, run, row) : 'waits for a click on run';
  if (at === 'stopping') return stoppingSentence(run, row);
  if (at === 'running') return run.reasons.get(row) ?? runningSentence(state, run, row);
  return run.reasons.get(row) ?? null;
}

function queueSentence(state: ManagerState, run: Run): string {
  const place = state.queue.indexOf(run.id) + 1;
  return `waits for its run: ${state.settings.triggeredRuns} runs go at once, and this one is number ${place} in the queue`;
}

function waitsFor(run: Run, row: number): string {
  const names: string[] = [];
  let more = 0;
  for (const before of predecessors(run.graph, row)) {
    const at = run.stateAt(before);
    if (at === 'succeeded' || at === 'skipped') continue;
    if (names.length < 3) names.push(run.task(before).title);
    else more += 1;
  }
  return `waits for ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function workSentence(state: ManagerState, run: Run, row: number): string {
  const pass = run.pass(row);
  if (pass?.phase === 'waiting-target') return targetSentence(state);
  return fleetSentence(state) ?? 'waits for a free slot';
}

function runningSentence(state: ManagerState, run: Run, row: number): string | null {
  const pass = run.pass(row);
  if (pass === undefined) return null;
  if (pass.phase === 'waiting-target') return targetSentence(state);
  const fanOut = pass.fanOut;
  if (fanOut === null || fanOut.leased > 0) return null;
  if (fanOut.unsure > 0) return `the target is asked what became of ${fanOut.unsure} shards whose executors are gone`;
  if (fanOut.delayed.size > 0) return `${fanOut.delayed.size} shards wait for another try`;
  return fleetSentence(state);
}

function stoppingSentence(run: Run, row: number): string {
  const unsure = run.pass(row)?.fanOut?.unsure ?? 0;
  if (unsure === 0) return 'waits until the attempts under way have confirmed';
  return `waits for the target, which is asked what became of ${unsure} shards whose executors are gone`;
}

function targetSentence(state: ManagerState): string {
  if (state.merging === null) return 'evaluated and checked; its merge is next';
  return `evaluated; waits until run ${state.merging.run.id} pass ${state.merging.pass.number} has merged, since one pass merges at a time`;
}

function fleetSentence(state: ManagerState): string | null {
  let connected = 0;
  let slots = 0;
  let used = 0;
  for (const executor of state.executors.values()) {
    if (executor.state !== 'connected' || executor.disconnectedMs !== null) continue;
    connected += 1;
    slots += executor.slots;
    used += executor.slotsUsed;
  }
  if (state.massLoss !== null)
    return `${state.massLoss.lost} of ${state.massLoss.of} executors went at once: this manager may be the one that is cut off, so their shards wait up to three leases`;
  if (connected === 0) return 'no executor is connected: start one with `tagmill executor --manager HOST:PORT`';
  if (used >= slots) return `all ${slots} slots of ${connected} executors are busy`;
  return null;
}
