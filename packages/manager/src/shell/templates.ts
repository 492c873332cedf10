/** What executors need once per plan and per pass, as JSON bytes. Made from the state, so a restart can make it again. */
import type { PassJob, PassTag, PlanRequest, PlanResult, TagHolders } from '@tagmill/shared/job';
import type { NormalLeaf, WideLeaf } from '@tagmill/shared/rules/normal';
import { piecesOf } from '@tagmill/shared/value-set';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { Run } from '../core/run.ts';
import type { Pass } from '../core/pass.ts';
import type { ManagerState } from '../core/state.ts';
import { planReads } from './run-reads.ts';
import { withTagStates } from './tag-states.ts';

const encoder = new TextEncoder();

/** `runId/plan` or `runId/<outer number of the pass>`; undefined when there is no such thing any more. */
export function templateBytes(state: ManagerState, name: string): Uint8Array | undefined {
  const slash = name.lastIndexOf('/');
  const run = state.runs.get(name.slice(0, slash));
  const what = name.slice(slash + 1);
  if (run === undefined) return undefined;
  if (what === 'plan') return run.spec.tables === null ? undefined : encoder.encode(JSON.stringify(planRequest(state, run)));
  const pass = run.passOutside(Number(what));
  const job = pass === undefined ? undefined : passJob(run, pass);
  return job === undefined ? undefined : encoder.encode(JSON.stringify(job));
}

function planRequest(state: ManagerState, run: Run): PlanRequest {
  const { tables, businessDate, shardRows, users } = run.spec;
  if (tables === null) throw new Error(`run ${run.id} has no tables to plan`);
  const reads = planReads(state, run);
  return {
    tables,
    shardRows,
    ...(reads === undefined ? {} : { reads }),
    ...(businessDate === null ? {} : { businessDate }),
    ...(users === null ? {} : { users }),
  };
}

export function passJob(run: Run, pass: Pass): PassJob | undefined {
  const { plan, clock, users } = run;
  if (pass.kind === 'rollback') {
    // What is undone is named by the job; the pass of the rollback goes with each command.
    const undone = run.passes[pass.undoes - 1];
    return undone === undefined ? undefined : passJob(run, undone);
  }
  if (plan === null || clock === null || users === null || run.spec.tables === null || pass.kind !== 'tags') return undefined;
  const found = pass.rows.map((row) => run.passTags.get(run.task(row).tagId ?? 0)).filter((tag) => tag !== undefined);
  const { tags, upstream, holders } = withTagStates(run, pass, found);
  const all = [...tags, ...upstream];
  const read = new Set(all.flatMap((tag) => tag.reads));
  return {
    runId: run.id,
    pass: pass.outerNumber,
    location: run.spec.tables,
    businessDate: plan.businessDate,
    clock,
    tables: users.kind === 'registered' ? plan.tables : plan.tables.filter((table) => read.has(table.name)),
    ...eventsOf(plan, read),
    ...earlierOf(plan, all),
    ...(upstream.length === 0 ? {} : { upstream }),
    ...(holders.length === 0 ? {} : { holders }),
    catalog: plan.catalog,
    keyType: plan.keyType,
    cuts: plan.cuts,
    users,
    ...valuesOf(all, holders),
    tags,
  };
}

function eventsOf(plan: PlanResult, read: ReadonlySet<string>): Pick<PassJob, 'events'> {
  const events = (plan.events ?? []).filter(({ name }) => read.has(name));
  return events.length === 0 ? {} : { events };
}

function earlierOf(plan: PlanResult, tags: readonly Pick<PassTag, 'rule'>[]): Pick<PassJob, 'earlier'> {
  const changes = tags.some(({ rule }) => wholeLeavesOf(rule).some((leaf) => 'kind' in leaf && leaf.kind === 'change'));
  return changes && plan.earlier !== undefined ? { earlier: plan.earlier } : {};
}

export function valuesOf(
  tags: readonly Pick<PassTag, 'rule' | 'onlyUsers' | 'onlyMatches'>[],
  holders: readonly TagHolders[],
): Pick<PassJob, 'values'> {
  const rules = tags.flatMap((tag) => [tag.rule, ...tag.onlyUsers, ...tag.onlyMatches]);
  const values = new Set([
    ...rules.flatMap(wholeLeavesOf).flatMap(setsOf),
    ...holders.flatMap(({ held, manual, excluded, histories = [] }) =>
      [held, manual, ...(excluded === undefined ? [] : [excluded]), ...histories.map(({ had }) => had)].flatMap(piecesOf),
    ),
  ]);
  return values.size === 0 ? {} : { values: [...values].sort() };
}

function setsOf(leaf: NormalLeaf | WideLeaf): readonly string[] {
  if (!('kind' in leaf)) return leaf.itemsHash === undefined ? [] : [leaf.itemsHash];
  return leaf.kind === 'aggregate' && leaf.filter !== undefined ? wholeLeavesOf(leaf.filter).flatMap(setsOf) : [];
}
