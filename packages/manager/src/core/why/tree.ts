/** Why an instance waits, as a tree: what keeps it back, and why what it waits for has not ended. */
import { instanceId } from '@tagmill/shared/ids';
import type { WaitCode } from '@tagmill/shared/wait-causes';
import type { InstanceState } from '@tagmill/shared/words';
import type { Run } from '../run.ts';
import type { ManagerState } from '../state.ts';
import { STATES } from '../states/table.ts';
import type { Reason } from './fleet.ts';
import { openBefore, reasonOf, waitReasons } from './reason.ts';

export interface WaitNode {
  readonly id: string;
  readonly name: string;
  readonly state: InstanceState;
  /** Why it waits, or what it does. */
  readonly sentence: string;
  /** In the order in which they have to go; none: it does not wait. */
  readonly causes: readonly WaitCause[];
}

export interface WaitCause {
  readonly code: WaitCode;
  readonly sentence: string;
  /** ms since 1970; null: not known. */
  readonly sinceMs: number | null;
  /** When it is over by itself, ms since 1970; null: that depends. */
  readonly untilMs: number | null;
  /** Tasks that have to end first; `more` of them are left out. */
  readonly waitsFor: readonly WaitNode[];
  readonly more: number;
}

/** Tasks before one that are told of, and how far up. */
const MOST_BEFORE = 10;
const MOST_DEPTH = 4;

export function whyTree(state: ManagerState, run: Run, row: number, depth = 0): WaitNode {
  const causes = [...waitReasons(state, run, row)].map((reason) => causeOf(state, run, row, reason, depth));
  const task = run.task(row);
  return {
    id: instanceId(run.id, task.name),
    name: task.title,
    state: run.stateAt(row),
    sentence: reasonOf(state, run, row) ?? doing(run, row),
    causes,
  };
}

function causeOf(state: ManagerState, run: Run, row: number, reason: Reason, depth: number): WaitCause {
  const before = reason.code === 'upstream' ? [...openBefore(run, row)] : [];
  const told = depth < MOST_DEPTH ? before.slice(0, MOST_BEFORE) : [];
  return {
    ...reason,
    sinceMs: sinceOf(state, run, row, reason.code),
    untilMs: untilOf(run, row, reason.code),
    waitsFor: told.map((one) => whyTree(state, run, one, depth + 1)),
    more: before.length - told.length,
  };
}

function sinceOf(state: ManagerState, run: Run, row: number, code: WaitCode): number | null {
  if (code === 'mass-loss') return state.massLoss?.sinceMs ?? null;
  if (code === 'target-busy' || code === 'target-next') return run.pass(row)?.targetSinceMs ?? null;
  const last = run.stories.lastLine(row);
  return last === 0 ? run.spec.createdAtMs : run.stories.lineAt(last).atMs;
}

function untilOf(run: Run, row: number, code: WaitCode): number | null {
  if (code !== 'back-off') return null;
  return Math.min(...(run.pass(row)?.fanOut?.delayed.values() ?? []));
}

function doing(run: Run, row: number): string {
  const fanOut = run.pass(row)?.fanOut;
  if (STATES[run.stateAt(row)].terminal) return 'it has ended';
  if (run.stateAt(row) !== 'running' || fanOut === null || fanOut === undefined) return `it is ${run.stateAt(row)}`;
  return `${fanOut.step}: ${fanOut.done} of ${fanOut.count} shards are done, ${fanOut.leased} are under way`;
}
