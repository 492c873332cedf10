/**
 * The one door into the manager's state: `apply(state, event) -> effects`,
 * deterministic and synchronous. A replay goes through here too and discards
 * the effects.
 */
import { unreachable } from '@tagmill/shared/assert';
import { applyCommand } from './apply/command.ts';
import { applyJoined, applyLost } from './apply/executors.ts';
import { applyLeased } from './apply/leases.ts';
import { applyPlanFound, applyResults } from './apply/results.ts';
import { applySettleAsked, applySettled } from './apply/settled.ts';
import { applyRunCreated, applyRunStarted, endRunWhenOver } from './apply/runs.ts';
import { touchExecutor } from './dirty.ts';
import type { Effect } from './effects.ts';
import type { ManagerEvent, Stamped } from './events.ts';
import { failInstance, fire } from './instances.ts';
import { beginMerge, formPass, formRollback } from './passes.ts';
import type { InstanceError, Run } from './run.ts';
import type { ManagerState } from './state.ts';

export function apply(state: ManagerState, stamped: Stamped): Effect[] {
  const effects: Effect[] = [];
  state.atMs = Math.max(state.atMs, stamped.atMs);
  applyEvent(state, stamped.event, effects);
  for (const runId of state.touchedRuns) {
    const run = state.runs.get(runId);
    if (run !== undefined) endRunWhenOver(state, run, effects);
  }
  state.touchedRuns.clear();
  return effects;
}

const withoutPlan = (run: Run): InstanceError =>
  run.plan === null
    ? { code: 'ACTION_REFUSED', message: 'the plan was skipped, so there is nothing to evaluate from: run the plan again, then this' }
    : { code: 'INTERNAL', message: 'the plan knows nothing of this tag' };

/** Tokens and fan-outs that each term has to itself. */
const TOKENS_A_TERM = 2 ** 36;
const FAN_OUTS_A_TERM = 2 ** 16;
const HIGHEST_FAN_OUT = 2 ** 32 - 1;

/**
 * Numbers of tokens and fan-outs begin anew, far above those of every earlier
 * term: decisions that a crash lost, and whole terms that a lost disk took with
 * it, may have given theirs to attempts that still run somewhere.
 */
function takeTerm(state: ManagerState, term: number): void {
  state.term = term;
  state.tokenNext = Math.max(state.tokenNext, state.tokensReserved, term * TOKENS_A_TERM);
  state.tokensReserved = Math.max(state.tokensReserved, state.tokenNext);
  const first = Math.max(state.nextFanOut + 1_024, term * FAN_OUTS_A_TERM);
  state.nextFanOut = first < HIGHEST_FAN_OUT / 2 ? first : state.nextFanOut + 1_024;
}

function applyEvent(state: ManagerState, event: ManagerEvent, effects: Effect[]): void {
  switch (event.type) {
    case 'term-taken':
      takeTerm(state, event.term);
      return;
    case 'tokens-reserved':
      state.tokensReserved = Math.max(state.tokensReserved, event.upTo);
      return;
    case 'run-created':
      applyRunCreated(state, event.spec);
      return;
    case 'run-started':
      applyRunStarted(state, event.runId);
      return;
    case 'command':
      applyCommand(state, event, effects);
      return;
    case 'executor-joined':
      applyJoined(state, event, effects);
      return;
    case 'executor-draining': {
      const executor = state.executors.get(event.id);
      if (executor === undefined || executor.state === 'gone') return;
      executor.state = 'draining';
      if (!executor.drainAsked) effects.push({ type: 'drain', executor: executor.id });
      executor.drainAsked = true;
      touchExecutor(state, executor);
      return;
    }
    case 'executor-lost':
      applyLost(state, event, effects);
      return;
    case 'plan-found':
      applyPlanFound(state, event, effects);
      return;
    case 'results':
      applyResults(state, event, effects);
      return;
    case 'leased':
      applyLeased(state, event, effects);
      return;
    case 'pass-formed': {
      const run = state.runs.get(event.runId);
      if (run !== undefined) formPass(state, run, event.rows, event.outerNumber);
      return;
    }
    case 'settle-asked':
      applySettleAsked(state, event, effects);
      return;
    case 'settled':
      applySettled(state, event, effects);
      return;
    case 'rollback-formed': {
      const run = state.runs.get(event.runId);
      if (run !== undefined) formRollback(state, run, event.row, event.undoes, event.outerNumber);
      return;
    }
    case 'merge-started': {
      const run = state.runs.get(event.runId);
      const pass = run?.passes[event.pass - 1];
      if (run !== undefined && pass !== undefined) beginMerge(state, run, pass);
      return;
    }
    case 'tag-refused': {
      const run = state.runs.get(event.runId);
      if (run === undefined) return;
      failInstance(state, run, event.row, run.refusedTags.get(run.task(event.row).tagId ?? 0) ?? withoutPlan(run));
      return;
    }
    case 'report-made': {
      const run = state.runs.get(event.runId);
      if (run === undefined) return;
      fire(state, run, event.row, 'lease', 'every tag has ended or is held');
      fire(state, run, event.row, 'work-done', 'the report is made');
      fire(state, run, event.row, 'confirm', 'the report is in the journal');
      return;
    }
    default:
      unreachable(event);
  }
}
