/** Whether all has ended, and ended well: liveness, what runs say against what the target holds, and the oracle. */
import type { Run } from '@tagmill/manager/core/run';
import { passToUndo } from '@tagmill/manager/core/passes';
import type { ManagerState } from '@tagmill/manager/core/state';
import type { SimMerge, SimTarget } from './target.ts';
import { expectedTags } from './oracle.ts';

/** [2] A tag that has left a pass is not written by it any more: a stop that was confirmed is a stop. */
export function writesAfterLeaving(state: ManagerState | undefined, merge: SimMerge): string[] {
  const run = state?.runs.get(merge.runId);
  const pass = run?.passOutside(merge.pass);
  if (run === undefined || pass === undefined) return [];
  return merge.scope
    .map((tagId) => pass.rows.find((row) => run.task(row).tagId === tagId))
    .filter((row) => row !== undefined)
    .filter((row) => !pass.members.has(row) && !pass.leaving.has(row) && run.passOf[row] === pass.number)
    .filter((row) => run.stateAt(row) === 'stopped' || run.stateAt(row) === 'skipped')
    .map((row) => `[2] ${run.task(row).name} of ${run.id} is ${run.stateAt(row)}, and shard ${merge.shard} is written for it after that`);
}

export function openRuns(state: ManagerState | undefined): string {
  return [...(state?.runs.values() ?? [])]
    .filter((run) => run.endedMs === null)
    .map((run) => {
      const tasks = Array.from({ length: run.size }, (_, row) => `${run.task(row).name} ${run.stateAt(row)}`);
      return `${run.id} (${tasks.join(', ')})`;
    })
    .join('; ');
}

/** Passes that had the target after a fan-out of this number. */
export function passesSince(state: ManagerState, id: number): number {
  let count = 0;
  for (const run of state.runs.values())
    for (const { fanOut, step } of run.passes) if ((step === 'merge' || step === 'rollback') && (fanOut?.id ?? 0) > id) count += 1;
  return count;
}

/** A tag of the pass that had the target last, when all of that pass was merged. */
export function lastMerged(
  state: ManagerState,
): { readonly run: Run; readonly name: string; readonly tag: number; readonly id: number } | undefined {
  let last: { readonly run: Run; readonly row: number | undefined; readonly id: number } | undefined;
  for (const run of state.runs.values()) {
    for (const pass of run.passes) {
      if (pass.fanOut === null || (pass.step !== 'merge' && pass.step !== 'rollback') || pass.fanOut.id < (last?.id ?? 0)) continue;
      const row = [...pass.members].find((member) => run.stateAt(member) === 'succeeded');
      const whole = pass.kind === 'tags' && pass.abandoned === null && row !== undefined;
      last = { run, row: whole ? row : undefined, id: pass.fanOut.id };
    }
  }
  if (last?.row === undefined) return undefined;
  // Somebody may have stopped the plan since, when it was to run anew: then nothing of the run can be run again.
  const plan = last.run.index.find('plan');
  if (plan >= 0 && last.run.stateAt(plan) !== 'succeeded') return undefined;
  const { name, tagId } = last.run.task(last.row);
  return { run: last.run, name, tag: tagId ?? 0, id: last.id };
}

/** What is wrong in the end, when all has ended. */
export function judge(state: ManagerState, target: SimTarget): string[] {
  const broken: string[] = [];
  for (const run of state.runs.values()) {
    noFencedHolder(run, broken);
    saysWhatIsThere(run, target, broken);
    rolledBackWhole(run, broken);
  }
  if (broken.length === 0) compareTags(state, target, broken);
  return broken;
}

/** The lease that stands has the highest token: whoever is fenced must not count. */
function noFencedHolder(run: Run, broken: string[]): void {
  for (const pass of run.passes)
    for (const { message, shard } of pass.history)
      if (message?.startsWith('FENCED') === true)
        broken.push(`[5] a fenced attempt at shard ${shard} of ${run.id} counted as the one that holds the lease`);
}

/** A tag that the pass has merged is in the target, whole, for every shard. */
function saysWhatIsThere(run: Run, target: SimTarget, broken: string[]): void {
  for (const pass of run.passes) {
    if (pass.kind !== 'tags' || pass.phase !== 'over' || pass.abandoned !== null || pass.step !== 'merge') continue;
    const shards = pass.fanOut?.count ?? 0;
    for (let shard = 0; shard < shards; shard++) {
      if (!target.isWhole({ runId: run.id, pass: pass.outerNumber, shard, shards }))
        broken.push(`[3] pass ${pass.number} of ${run.id} says that it merged shard ${shard}, and the target has no such batch`);
    }
  }
}

/** What says that it is rolled back has no pass left that changed it. */
function rolledBackWhole(run: Run, broken: string[]): void {
  for (let row = 0; row < run.size; row++) {
    if (run.stateAt(row) !== 'stopped' || run.reasons.get(row)?.startsWith('rolled back') !== true) continue;
    const left = passToUndo(run, row);
    if (left !== 0) broken.push(`[3] ${run.task(row).name} of ${run.id} is rolled back, and what its pass ${left} changed is still there`);
  }
}

function compareTags(state: ManagerState, target: SimTarget, broken: string[]): void {
  const expected = expectedTags(state, (runId, pass, shard, user) => {
    const { outerNumber = 0, fanOut = null } = state.runs.get(runId)?.passes[pass - 1] ?? {};
    return target.mergedFor(runId, outerNumber, shard, fanOut?.count ?? 0, user);
  });
  let wrong = 0;
  expected.forEach((tags, user) => {
    const held = target.tagsOf(user);
    if (tags.join() === held.join()) return;
    wrong += 1;
    if (wrong <= 3) broken.push(`[3] user ${user} has the tags [${held.join()}], and should have [${tags.join()}]`);
  });
  if (wrong > 3) broken.push(`[3] ${wrong} users have other tags than they should`);
}
