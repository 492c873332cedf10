/** One sentence for why an instance waits, from the scheduler's own checks. */
import { preparationOf } from '../preparations.ts';
import { breachSentence } from '@tagmill/shared/tag-policy';
import { predecessors } from '../graph.ts';
import type { Pass } from '../pass.ts';
import { HELD, ROLLBACK, type Run } from '../run.ts';
import type { ManagerState } from '../state.ts';
import { STATES } from '../states/table.ts';
import { isHeldByCheck } from '../tag-check.ts';
import { fleetReason, pieceReason, type Reason } from './fleet.ts';

/** The reason to show beside an instance's state; null when there is nothing to say. */
export function reasonOf(state: ManagerState, run: Run, row: number): string | null {
  const isWorking = run.stateAt(row) === 'running' && !run.has(row, HELD);
  const prepares = isWorking ? preparationOf(state, run, row) : null;
  if (prepares !== null) return prepares;
  const first = waitReason(state, run, row);
  const told = run.reasons.get(row) ?? null;
  if (first === null) return told;
  // Who works on it has said what it does.
  return (isWorking ? told : null) ?? first.sentence;
}

/** What it waits for first; null: it does not wait. */
export function waitReason(state: ManagerState, run: Run, row: number): Reason | null {
  for (const reason of waitReasons(state, run, row)) return reason;
  return null;
}

/** What it waits for now, and what would keep it back then, in the order in which they have to go. */
export function* waitReasons(state: ManagerState, run: Run, row: number): Generator<Reason> {
  const at = run.stateAt(row);
  if (STATES[at].terminal) return;
  if (isHeldByCheck(run, row))
    yield {
      code: 'breaker',
      sentence: `held by the check, nothing of it is written: ${breachSentence(run.breaches.get(row)!)}; release it and it is merged, stop it and it is discarded`,
    };
  else if (run.has(row, HELD)) yield { code: 'hold', sentence: 'held; release it and it goes on' };
  switch (at) {
    case 'unregistered':
      yield queueReason(state, run);
      return;
    case 'registered':
      yield { code: 'upstream', sentence: waitsFor(run, row) };
      return;
    case 'pending':
      yield* pendingReasons(state, run, row);
      return;
    case 'running': {
      const reason = runningReason(state, run, row);
      if (reason !== null) yield reason;
      return;
    }
    case 'stopping':
      yield stoppingReason(run, row);
      return;
    default:
      return;
  }
}

/** Tasks before it that have not ended as it needs. */
export function* openBefore(run: Run, row: number): Generator<number> {
  for (const before of predecessors(run.graph, row)) {
    const at = run.stateAt(before);
    if (at !== 'succeeded' && at !== 'skipped') yield before;
  }
}

function queueReason(state: ManagerState, run: Run): Reason {
  const place = state.queue.indexOf(run.id) + 1;
  return {
    code: 'queue',
    sentence: `waits for its run: ${state.settings.triggeredRuns} runs go at once, and this one is number ${place} in the queue`,
  };
}

function waitsFor(run: Run, row: number): string {
  const names: string[] = [];
  let more = 0;
  for (const before of openBefore(run, row)) {
    if (names.length < 3) names.push(run.task(before).title);
    else more += 1;
  }
  return `waits for ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function* pendingReasons(state: ManagerState, run: Run, row: number): Generator<Reason> {
  const pass = run.pass(row);
  const waitsForTarget = pass?.phase === 'waiting-target';
  if (run.has(row, ROLLBACK) && !waitsForTarget) {
    yield { code: 'undo-next', sentence: 'what it changed is about to be undone' };
    return;
  }
  if (!run.gateOpen(row)) yield { code: 'gate', sentence: 'waits for a click on run' };
  if (waitsForTarget) yield targetReason(state);
  else yield fleetReason(state) ?? waitingReason(state, pass) ?? { code: 'turn', sentence: 'waits for a free slot' };
}

function runningReason(state: ManagerState, run: Run, row: number): Reason | null {
  const pass = run.pass(row);
  if (pass === undefined) return null;
  if (pass.phase === 'waiting-target') return targetReason(state);
  const { fanOut } = pass;
  if (fanOut === null || fanOut.leased > 0) return null;
  if (fanOut.unsure > 0)
    return { code: 'target-asked', sentence: `the target is asked what became of ${fanOut.unsure} shards whose executors are gone` };
  if (fanOut.delayed.size > 0) return { code: 'back-off', sentence: `${fanOut.delayed.size} shards wait for another try` };
  return fleetReason(state) ?? waitingReason(state, pass);
}

/** Shards wait although there are free slots. */
function waitingReason(state: ManagerState, pass: Pass | undefined): Reason | null {
  const fanOut = pass?.fanOut;
  if (pass === undefined || fanOut === null || fanOut === undefined || fanOut.ready === 0) return null;
  if (state.tokenNext >= state.tokensReserved)
    return { code: 'tokens', sentence: 'waits for the journal, which reserves numbers for the next attempts' };
  return pieceReason(state, pass, fanOut);
}

function stoppingReason(run: Run, row: number): Reason {
  const unsure = run.pass(row)?.fanOut?.unsure ?? 0;
  if (unsure === 0) return { code: 'stopping-attempts', sentence: 'waits until the attempts under way have confirmed' };
  return {
    code: 'stopping-target',
    sentence: `waits for the target, which is asked what became of ${unsure} shards whose executors are gone`,
  };
}

function targetReason(state: ManagerState): Reason {
  if (state.merging === null) return { code: 'target-next', sentence: 'evaluated and checked; its merge is next' };
  return {
    code: 'target-busy',
    sentence: `evaluated; waits until run ${state.merging.run.id} pass ${state.merging.pass.number} has merged, since one pass merges at a time`,
  };
}
