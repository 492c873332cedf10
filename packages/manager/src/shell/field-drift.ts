/** How the fields of a new plan differ from those of the run planned before it: found before the plan is journaled, so that it is a fact there. */
import { type FieldDrift, fieldChanges } from '@tagmill/shared/field-facts';
import type { PlanResult } from '@tagmill/shared/job';
import { parseDay } from '@tagmill/shared/rules/calendar';
import type { Run } from '../core/run.ts';
import type { ManagerState } from '../core/state.ts';
import { samePlace } from './run-reads.ts';

/** Null: they do not differ, or no run before it over the same place, for its business date or an earlier one, is kept. */
export function driftOf(state: ManagerState, run: Run, plan: PlanResult): FieldDrift | null {
  const before = newestBefore(state, run, plan.businessDate);
  if (before?.plan?.facts === undefined || plan.facts === undefined) return null;
  const unreadable = new Set([...plan.faults, ...before.plan.faults].map(({ table }) => table));
  const days = (parseDay(plan.businessDate) ?? 0) - (parseDay(before.plan.businessDate) ?? 0);
  const changes = fieldChanges(before.plan.facts, plan.facts, unreadable, days);
  return changes.length === 0 ? null : { runId: before.id, businessDate: before.plan.businessDate, changes };
}

function newestBefore(state: ManagerState, run: Run, businessDate: string): Run | undefined {
  return [...state.runs.values()].findLast(
    (one) => one !== run && one.plan !== null && one.plan.businessDate <= businessDate && samePlace(one.spec.tables, run.spec.tables),
  );
}
