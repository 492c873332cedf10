import type { Run } from './run.ts';
import type { Executor, ManagerState } from './state.ts';

export function touchInstance(state: ManagerState, run: Run, row: number): void {
  let rows = state.dirty.instances.get(run.id);
  if (rows === undefined) {
    rows = new Set();
    state.dirty.instances.set(run.id, rows);
  }
  rows.add(row);
}

export const touchRun = (state: ManagerState, run: Run): void => {
  state.dirty.runs.add(run.id);
  state.touchedRuns.add(run.id);
};

export const touchExecutor = (state: ManagerState, executor: Executor): void => {
  state.dirty.executors.add(executor.id);
};
