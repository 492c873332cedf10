import type { RunReport, TagReport } from '@tagmill/shared/api/report';
import { breachSentence, type TagBreach } from '@tagmill/shared/tag-policy';
import type { Pass } from './pass.ts';
import { HELD, type Run } from './run.ts';
import type { ManagerState } from './state.ts';
import { isHeldByCheck } from './tag-check.ts';

/** The run's document as of now; complete once the run has ended. */
export function reportOf(state: ManagerState, run: Run): RunReport {
  const tagPasses = run.passes.filter((pass) => pass.kind === 'tags');
  const sum = (of: (pass: Pass) => number) => tagPasses.reduce((total, pass) => total + of(pass), 0);
  const evaluated = tagPasses.reduce((most, pass) => Math.max(most, pass.users.evaluated), 0);
  const inserted = sum((pass) => pass.users.inserted);
  const updated = sum((pass) => pass.users.updated);
  return {
    run_id: run.id,
    state: run.state,
    business_date: run.plan?.businessDate ?? run.spec.businessDate,
    as_of: run.spec.asOf ?? run.plan?.businessDate ?? run.spec.businessDate,
    as_of_instant: run.clock?.asOf ?? null,
    time_zone: run.spec.timeZone,
    tags: tagReports(run),
    users: { evaluated, inserted, updated, unchanged: Math.max(0, evaluated - inserted - updated) },
    shards: { total: shardsTotal(run), attempts: run.passes.reduce((total, pass) => total + pass.attempts, 0) },
    bytes_read: run.passes.reduce((total, pass) => total + pass.bytesRead, 0),
    duration_ms: {
      total: Math.round((run.endedMs ?? state.atMs) - (run.startedMs ?? run.spec.createdAtMs)),
      plan: stepMs(run, 'plan'),
      evaluate: stepMs(run, 'evaluate'),
      check: stepMs(run, 'check'),
      merge: stepMs(run, 'merge'),
    },
    ...(run.error === null ? {} : { error: run.error }),
    notes: notesOf(run),
  };
}

function tagReports(run: Run): TagReport[] {
  const reports: TagReport[] = [];
  for (let row = 0; row < run.size; row++) {
    const { handler, tagId, title } = run.task(row);
    if (handler !== 'tag' || tagId === null) continue;
    const at = run.stateAt(row);
    // While the run goes on a tag has not ended: it reads as held until it has.
    const state = at === 'succeeded' || at === 'failed' || at === 'skipped' || at === 'stopped' ? at : 'held';
    const totals = run.pass(row)?.totals.get(tagId);
    const error = run.errors.get(row);
    const breach = run.breaches.get(row);
    reports.push({
      tag_id: tagId,
      name: title,
      state,
      matched: totals?.matched ?? breach?.matched ?? 0,
      unknown: totals?.unknown ?? breach?.unknown ?? 0,
      entered: totals?.entered ?? 0,
      exited: totals?.exited ?? 0,
      ...(error === undefined ? {} : { error }),
      ...(breach === undefined ? {} : { breach: breachReport(breach) }),
    });
  }
  return reports.sort((a, b) => a.tag_id - b.tag_id);
}

const breachReport = (breach: TagBreach): NonNullable<TagReport['breach']> => ({
  message: breachSentence(breach),
  exceeded: breach.exceeded,
  evaluated: breach.evaluated,
  matched: breach.matched,
  unknown: breach.unknown,
  before: breach.before,
  before_run: breach.beforeRun,
  released_by: breach.releasedBy,
});

/** Shards of the run: those of its last evaluation, or of its one noop task. */
function shardsTotal(run: Run): number {
  const last = run.passes.filter((pass) => pass.kind !== 'plan').at(-1);
  if (last === undefined) return 0;
  return last.kind === 'tags' ? last.pieceHash.length : (last.fanOut?.count ?? 0);
}

function stepMs(run: Run, step: 'plan' | 'evaluate' | 'check' | 'merge'): number {
  let total = 0;
  for (const pass of run.passes) {
    const from = pass.stepStartedMs[step];
    const to = pass.stepEndedMs[step];
    if (from !== undefined && to !== undefined) total += to - from;
  }
  return Math.round(total);
}

function notesOf(run: Run): string[] {
  const notes = [...(run.plan?.notes ?? [])];
  for (const fault of run.plan?.faults ?? []) notes.push(`${fault.table}: ${fault.code}: ${fault.message}`);
  const conflicts = run.passes.reduce((total, pass) => total + pass.conflicts, 0);
  const unreadable = run.passes.reduce((total, pass) => total + pass.unreadableRows, 0);
  if (conflicts > 0)
    notes.push(
      `${conflicts} users were left alone: another user in user_tags is equal to each under the collation of user_id (KEY_CONFLICT)`,
    );
  if (unreadable > 0) notes.push(`${unreadable} rows of user_tags were left alone: their tag_ids cannot be read as a list of numbers`);
  for (let row = 0; row < run.size; row++) {
    if (!run.has(row, HELD)) continue;
    const breach = isHeldByCheck(run, row) ? ` by the check (${breachSentence(run.breaches.get(row)!)})` : '';
    notes.push(`${run.task(row).title} is held${breach} and waits for its release`);
  }
  return notes;
}
