/** The check of a pass: which of its tags are beyond what their policy allows. Before it no row of them is written. */
import { breachOf, type LastSize, sameBreach, type TagBreach } from '@tagmill/shared/tag-policy';
import type { Pass } from './pass.ts';
import { HELD, type Run } from './run.ts';
import type { PinnedRule } from './run-spec.ts';
import type { ManagerState } from './state.ts';

/** Why a row of an evaluated pass must be held; null: it goes on. What somebody has let go is not held for the same reason again. */
export function foundBreach(state: ManagerState, run: Run, pass: Pass, row: number): TagBreach | null {
  const rule = pinnedRule(run, row);
  if (rule?.policy === undefined) return null;
  const totals = pass.totals.get(rule.tagId);
  const counts = { evaluated: whole(totals?.evaluated), matched: whole(totals?.matched), unknown: whole(totals?.unknown) };
  const last = rule.policy.maxMove === undefined ? null : lastSize(state, run, rule);
  const breach = breachOf(rule.policy, counts, last);
  if (breach === null) return null;
  const before = run.breaches.get(row);
  return before !== undefined && before.releasedBy !== null && sameBreach(before, breach) ? null : breach;
}

/** Sums of what executors said, as a snapshot can keep them. */
const whole = (count = 0): number => Math.min(Number.MAX_SAFE_INTEGER, Math.trunc(count));

/** A hold that only the check has asked for. */
export const isHeldByCheck = (run: Run, row: number): boolean => run.has(row, HELD) && run.breaches.get(row)?.releasedBy === null;

const pinnedRule = (run: Run, row: number): PinnedRule | undefined => {
  const { tagId } = run.task(row);
  return run.spec.rules.find((rule) => rule.tagId === tagId);
};

/** Size of the tag in the newest other run over all users that merged it by the same rule. */
function lastSize(state: ManagerState, run: Run, rule: PinnedRule): LastSize | null {
  if (!isOfAll(run)) return null;
  const same = meaning(rule);
  for (const other of [...state.runs.values()].reverse()) {
    if (other === run || !isOfAll(other)) continue;
    const row = other.index.find(`tag-${rule.tagId}`);
    if (row < 0 || other.stateAt(row) !== 'succeeded') continue;
    const pass = other.pass(row);
    const totals = pass?.kind === 'tags' && pass.members.has(row) ? pass.totals.get(rule.tagId) : undefined;
    if (totals === undefined) continue;
    const pinned = pinnedRule(other, row);
    // Of a changed rule another size is expected.
    return pinned !== undefined && meaning(pinned) === same ? { runId: other.id, matched: whole(totals.matched) } : null;
  }
  return null;
}

const isOfAll = (run: Run): boolean => run.spec.users === null && run.spec.days === null;

const meaning = (rule: PinnedRule): string => JSON.stringify([rule.ruleJson, rule.onlyUsers, rule.onlyMatches]);
