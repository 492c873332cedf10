/** What the runs that are kept made of each tag: the newest word, and its sizes so far. */
import type { TagRunAnswer } from '@tagmill/shared/api/tag-overview';
import { instanceId } from '@tagmill/shared/ids';
import { breachSentence } from '@tagmill/shared/tag-policy';
import { reasonOf } from './why/reason.ts';
import { HELD, type Run } from './run.ts';
import type { ManagerState } from './state.ts';
import { isHeldByCheck } from './tag-check.ts';

export interface TagRuns {
  readonly last: TagRunAnswer;
  /** Of successful runs over all users, oldest first. */
  readonly sizes: readonly { readonly run_id: string; readonly business_date: string | null; readonly matched: number }[];
}

const MOST_SIZES = 30;

/** By tag id, for tags that any kept run has. */
export function tagRuns(state: ManagerState): ReadonlyMap<number, TagRuns> {
  const found = new Map<number, { last: TagRunAnswer; sizes: TagRuns['sizes'][number][] }>();
  for (const run of [...state.runs.values()].reverse()) {
    const ofAll = run.spec.users === null && run.spec.days === null;
    for (let row = 0; row < run.size; row++) {
      const { tagId } = run.task(row);
      if (tagId === null) continue;
      let one = found.get(tagId);
      if (one === undefined) {
        one = { last: tagRun(state, run, row, tagId), sizes: [] };
        found.set(tagId, one);
      }
      const matched = ofAll && run.stateAt(row) === 'succeeded' ? totalsOf(run, row, tagId)?.matched : undefined;
      if (matched !== undefined && one.sizes.length < MOST_SIZES)
        one.sizes.unshift({ run_id: run.id, business_date: dateOf(run), matched });
    }
  }
  return found;
}

export const dateOf = (run: Run): string | null => run.plan?.businessDate ?? run.spec.businessDate;

function totalsOf(run: Run, row: number, tagId: number) {
  const pass = run.pass(row);
  return pass?.kind === 'tags' && pass.members.has(row) ? pass.totals.get(tagId) : undefined;
}

function tagRun(state: ManagerState, run: Run, row: number, tagId: number): TagRunAnswer {
  const breach = run.breaches.get(row);
  const totals = totalsOf(run, row, tagId);
  const counted = totals ?? breach;
  const endedMs = run.endedAtMs[row]!;
  const held = isHeldByCheck(run, row) && run.stateAt(row) !== 'stopped';
  return {
    run_id: run.id,
    instance_id: instanceId(run.id, run.task(row).name),
    business_date: dateOf(run),
    state: run.stateAt(row),
    held: run.has(row, HELD),
    held_by_check: held ? breachSentence(breach!) : null,
    reason: reasonOf(state, run, row),
    error_code: run.errors.get(row)?.code ?? null,
    ended_at: Number.isNaN(endedMs) ? null : new Date(endedMs).toISOString(),
    evaluated: counted?.evaluated ?? null,
    matched: counted?.matched ?? null,
    unknown: counted?.unknown ?? null,
    entered: totals?.entered ?? null,
    exited: totals?.exited ?? null,
    rule_version: run.spec.rules.find((rule) => rule.tagId === tagId)?.ruleVersion ?? null,
  };
}
