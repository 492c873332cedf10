/**
 * Moves instances by the table in `states/` and keeps what follows from it:
 * counts per state, the counters of those downstream, and who may begin.
 */
import type { InstanceState } from '@tagmill/shared/words';
import { touchInstance, touchRun } from './dirty.ts';
import { successors } from './graph.ts';
import { BY_UPSTREAM, HELD, type InstanceError, ROLLBACK, type Run } from './run.ts';
import type { ManagerState } from './state.ts';
import type { InstanceEvent } from './states/spec.ts';
import { STATES, stateNumber } from './states/table.ts';
import { tell } from './story.ts';

/** Applies an event to an instance. True when the state moved. */
export function fire(state: ManagerState, run: Run, row: number, event: InstanceEvent, why: string, who: string | null = null): boolean {
  const cell = STATES[run.stateAt(row)].on[event];
  if (!('to' in cell)) return false;
  moveTo(state, run, row, cell.to, why, who);
  return true;
}

/** Sets a state that the table allows; callers are `fire` and the commands. */
export function moveTo(state: ManagerState, run: Run, row: number, to: InstanceState, why: string, who: string | null = null): void {
  const from = run.stateAt(row);
  if (from === to) return;
  const before = satisfaction(run, row);
  run.stateColumn[row] = stateNumber(to);
  run.counts[stateNumber(from)]! -= 1;
  run.counts[stateNumber(to)]! += 1;
  run.changes += 1;
  keepTimes(run, row, to, state.atMs);
  tell(run, row, state.atMs, `${to}: ${why}`, who);
  if (to === 'pending') run.candidates.add(row);
  else run.candidates.delete(row);
  if (STATES[to].terminal) run.flags[row]! &= ~ROLLBACK;
  else run.flags[row]! &= ~BY_UPSTREAM;
  touchInstance(state, run, row);
  touchRun(state, run);
  settle(state, run, row, before);
}

export function setHeld(state: ManagerState, run: Run, row: number, held: boolean, why: string, who: string | null): void {
  if (run.has(row, HELD) === held) return;
  const before = satisfaction(run, row);
  if (held) run.flags[row]! |= HELD;
  else run.flags[row]! &= ~HELD;
  run.held += held ? 1 : -1;
  run.changes += 1;
  tell(run, row, state.atMs, `${held ? 'held' : 'released'}: ${why}`, who);
  if (run.stateAt(row) === 'pending' && run.pass(row)?.members.has(row) !== true) run.candidates.add(row);
  touchInstance(state, run, row);
  touchRun(state, run);
  settle(state, run, row, before);
}

export function failInstance(state: ManagerState, run: Run, row: number, error: InstanceError): void {
  const event = STATES[run.stateAt(row)].on['work-failed'];
  if (!('to' in event)) return;
  run.errors.set(row, error);
  run.reasons.set(row, error.message);
  moveTo(state, run, row, event.to, `${error.code}: ${error.message}`);
}

/** Nothing under way and nothing to begin: what a `report` waits for. */
export function isSettled(run: Run, row: number): boolean {
  const spec = STATES[run.stateAt(row)];
  return spec.terminal || (run.has(row, HELD) && !spec.active);
}

interface Satisfaction {
  readonly success: boolean;
  readonly end: boolean;
}

function satisfaction(run: Run, row: number): Satisfaction {
  const state = run.stateAt(row);
  return { success: state === 'succeeded' || state === 'skipped', end: isSettled(run, row) };
}

/** Brings those downstream in line with what a row was before and is now. */
function settle(state: ManagerState, run: Run, row: number, before: Satisfaction): void {
  const now = satisfaction(run, row);
  const ended = run.stateAt(row);
  for (const next of successors(run.graph, row)) {
    const was = next.needsSuccess ? before.success : before.end;
    const is = next.needsSuccess ? now.success : now.end;
    // What it waits for and what it refuses is told by those before it.
    if (before.success !== now.success || before.end !== now.end) touchInstance(state, run, next.row);
    if (was && !is) {
      run.waitingOn[next.row]! += 1;
      if (!next.needsSuccess || run.stateAt(next.row) === 'pending') fire(state, run, next.row, 'reset', `${run.task(row).name} goes on`);
    } else if (!was && is) {
      run.waitingOn[next.row]! -= 1;
      promote(state, run, next.row);
    }
    if (next.needsSuccess && (ended === 'failed' || ended === 'stopped')) endByUpstream(state, run, next.row, row, ended);
  }
}

export function promote(state: ManagerState, run: Run, row: number): void {
  if (run.waitingOn[row] === 0 && run.stateAt(row) === 'registered') fire(state, run, row, 'upstream-ready', 'its upstream has finished');
}

function endByUpstream(state: ManagerState, run: Run, row: number, upstream: number, ended: 'failed' | 'stopped'): void {
  if (run.pass(row)?.members.has(row) === true && !STATES[run.stateAt(row)].terminal) return;
  const name = run.task(upstream).title;
  const error = run.errors.get(upstream);
  if (ended === 'failed') {
    const cause = error ?? { code: 'INTERNAL', message: `${name} failed` };
    if (!('to' in STATES[run.stateAt(row)].on['upstream-failed'])) return;
    run.errors.set(row, { code: cause.code, message: `${name} failed: ${cause.message}` });
    run.reasons.set(row, `${name} failed: ${cause.message}`);
    fire(state, run, row, 'upstream-failed', `${name} failed`);
  } else {
    if (!('to' in STATES[run.stateAt(row)].on['upstream-stopped'])) return;
    run.reasons.set(row, `${name} was stopped`);
    fire(state, run, row, 'upstream-stopped', `${name} was stopped`);
  }
  run.flags[row]! |= BY_UPSTREAM;
}

function keepTimes(run: Run, row: number, to: InstanceState, atMs: number): void {
  if (to === 'running' && Number.isNaN(run.startedAtMs[row]!)) run.startedAtMs[row] = atMs;
  if (STATES[to].terminal) run.endedAtMs[row] = atMs;
  else run.endedAtMs[row] = Number.NaN;
  if (to === 'registered') {
    run.startedAtMs[row] = Number.NaN;
    run.errors.delete(row);
    run.reasons.delete(row);
  }
  if (to === 'succeeded' || to === 'running') {
    run.errors.delete(row);
    run.reasons.delete(row);
  }
}
