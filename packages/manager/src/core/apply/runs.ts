import { LIMITS } from '@tagmill/shared/limits';
import type { RunState } from '@tagmill/shared/words';
import { touchInstance, touchRun } from '../dirty.ts';
import type { Effect } from '../effects.ts';
import { fire, isSettled, promote } from '../instances.ts';
import { Run } from '../run.ts';
import type { RunSpec } from '../run-spec.ts';
import type { ManagerState } from '../state.ts';
import { stateNumber } from '../states/table.ts';

export function applyRunCreated(state: ManagerState, spec: RunSpec): void {
  if (state.runs.has(spec.id)) return;
  const run = Run.of(spec);
  state.runs.set(spec.id, run);
  state.queue.push(spec.id);
  touchRun(state, run);
  for (let row = 0; row < run.size; row++) touchInstance(state, run, row);
}

export function applyRunStarted(state: ManagerState, runId: string): void {
  const run = state.runs.get(runId);
  const at = state.queue.indexOf(runId);
  if (run === undefined || at < 0) return;
  state.queue.splice(at, 1);
  run.state = 'running';
  run.startedMs = state.atMs;
  touchRun(state, run);
  for (const id of state.queue) state.dirty.runs.add(id);
  for (let row = 0; row < run.size; row++) {
    fire(state, run, row, 'register', 'its run has started');
    promote(state, run, row);
  }
}

const RUNNING_STATES = (['unregistered', 'registered', 'pending', 'running', 'confirming', 'stopping'] as const).map(stateNumber);

/** A run ends when every instance has ended or is held with nothing under way. */
export function endRunWhenOver(state: ManagerState, run: Run, effects: Effect[]): void {
  if (run.state !== 'running') return;
  let open = 0;
  for (const number of RUNNING_STATES) open += run.counts[number]!;
  if (open > run.held) return;
  if (open > 0) {
    for (let row = 0; row < run.size; row++) if (!isSettled(run, row)) return;
  }
  if (run.passes.some((pass) => pass.phase !== 'over')) return;
  run.state = outcome(run);
  run.endedMs = state.atMs;
  touchRun(state, run);
  effects.push({ type: 'run-over', runId: run.id });
  retireOthers(state, run);
  forgetOldRuns(state);
}

/** `failed`: nothing succeeded, or the target or the input failed as a whole; `partial`: some tags did not make it. */
function outcome(run: Run): RunState {
  let good = 0;
  let bad = 0;
  for (let row = 0; row < run.size; row++) {
    if (run.task(row).handler === 'report' || run.task(row).handler === 'plan') continue;
    const at = run.stateAt(row);
    if (at === 'succeeded' || at === 'skipped') good += 1;
    else bad += 1;
  }
  if (run.error !== null) return 'failed';
  if (bad === 0) return 'succeeded';
  const stopped = run.counts[stateNumber('stopped')]! > 0 || run.held > 0;
  return good > 0 || stopped ? 'partial' : 'failed';
}

/** Of runs that ended before, only what is shown is kept: they would fill memory and snapshots with attempts of long ago. */
function retireOthers(state: ManagerState, run: Run): void {
  for (const other of state.runs.values()) {
    if (other === run || other.endedMs === null) continue;
    for (const pass of other.passes) if (pass.phase === 'over') pass.fanOut?.retire();
  }
}

function forgetOldRuns(state: ManagerState): void {
  let ended = 0;
  for (const run of state.runs.values()) if (run.endedMs !== null) ended += 1;
  for (const run of state.runs.values()) {
    if (ended <= LIMITS.finishedRuns) return;
    if (run.endedMs === null) continue;
    state.runs.delete(run.id);
    state.dirty.runs.add(run.id);
    state.dirty.instances.delete(run.id);
    ended -= 1;
  }
}
