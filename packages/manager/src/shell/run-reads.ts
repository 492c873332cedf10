/** What the rules of a run read beside the business date's rows of users: asked of the plan, and of the runs before. */
import type { PlannedTable, PlanReads, TablesLocation } from '@tagmill/shared/job';
import { PREVIOUS } from '@tagmill/shared/rules/wide/since';
import { readsOfRules } from '@tagmill/shared/rules/wide/rule-reads';
import type { Run } from '../core/run.ts';
import type { RunHead } from '../core/run-spec.ts';
import type { ManagerState } from '../core/state.ts';

/** Of a run. Undefined: the rules read nothing more. */
export const planReads = (state: ManagerState, run: Run): PlanReads | undefined =>
  readsFor(
    state,
    run.spec.rules.map((rule) => rule.ruleJson),
    run.spec,
    run,
  );

/** Of rules, as a run that is planned now would ask it. */
export function readsFor(
  state: ManagerState,
  texts: readonly string[],
  { timeZone, asOf, tables }: Pick<RunHead, 'timeZone' | 'asOf' | 'tables'>,
  run?: Run,
): PlanReads | undefined {
  const { windows, earlier } = readsOfRules(texts);
  if (windows.length === 0 && earlier.length === 0) return undefined;
  const names = earlier.filter(({ since }) => since === PREVIOUS).map(({ field }) => field);
  const previous = names.length === 0 ? [] : previousTables(state, tables, run).filter((table) => hasField(table, names));
  return { timeZone, asOf, windows, earlier, ...(previous.length === 0 ? {} : { previous }) };
}

const hasField = (table: PlannedTable, names: readonly string[]): boolean =>
  table.objects.some(({ columns }) => columns.some(({ name }) => names.includes(name) || names.includes(`${table.name}.${name}`)));

export const samePlace = (a: TablesLocation | null, b: TablesLocation | null): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The tables of the newest run, not this one, that succeeded on a place. */
function previousTables(state: ManagerState, tables: TablesLocation | null, run: Run | undefined): readonly PlannedTable[] {
  const before = [...state.runs.values()].filter(
    (one) => one !== run && one.state === 'succeeded' && one.plan !== null && samePlace(one.spec.tables, tables),
  );
  const newest = before.reduce<Run | undefined>(
    (best, one) => (best === undefined || (one.endedMs ?? 0) >= (best.endedMs ?? 0) ? one : best),
    undefined,
  );
  return newest?.plan?.tables ?? [];
}

/** Uploaded lists and tags as they stood when the run was made, for the catalogue of its check. */
export const pinnedCatalog = (
  spec: RunHead,
): { readonly lists: NonNullable<RunHead['lists']>; readonly tags: NonNullable<RunHead['tags']> } => ({
  lists: spec.lists ?? [],
  tags: spec.tags ?? [],
});
