/** A person's action: planned for the preview, journaled for the deed. */
import { createHash } from 'node:crypto';
import { TagmillError } from '@tagmill/shared/errors';
import type { ActionAnswer, ActionRequest } from '@tagmill/shared/feed/views';
import { instanceId, splitInstanceId } from '@tagmill/shared/ids';
import type { InstanceState } from '@tagmill/shared/words';
import { type CommandPlan, type Move, planCommand } from '../core/commands.ts';
import { HELD, type Run } from '../core/run.ts';
import { STATES } from '../core/states/table.ts';
import { isHeldByCheck } from '../core/tag-check.ts';

/** Rows that a request means. Errors: NOT_FOUND for an id that the run lacks, USAGE when it names none. */
export function rowsOf(run: Run, request: ActionRequest): number[] {
  if (request.selection !== undefined) {
    return request.selection.map((id) => {
      const at = splitInstanceId(id);
      const row = run.index.find(at === undefined ? id : at.name);
      if (row < 0 || (at !== undefined && at.runId !== run.id)) throw new TagmillError('NOT_FOUND', `run ${run.id} has no task ${id}`);
      return row;
    });
  }
  const filter = request.filter;
  if (filter === undefined) throw new TagmillError('USAGE', 'an action needs a selection of instance ids, or a filter');
  const rows: number[] = [];
  for (let row = 0; row < run.size; row++) {
    if (filter.states !== undefined && !filter.states.includes(run.stateAt(row))) continue;
    if (filter.held !== undefined && run.has(row, HELD) !== filter.held) continue;
    rows.push(row);
  }
  return rows;
}

export function answerOf(run: Run, request: ActionRequest, plan: CommandPlan): ActionAnswer {
  const affected = plan.moves.map((move) => ({
    id: instanceId(run.id, run.task(move.row).name),
    name: run.task(move.row).title,
    from: run.stateAt(move.row),
    to: stateAfter(run, move),
    held: move.kind === 'held' ? move.held : run.has(move.row, HELD),
    why: move.why,
  }));
  const refused = plan.refused.map(({ row, sentence }) => ({
    id: instanceId(run.id, run.task(row).name),
    name: run.task(row).title,
    sentence,
  }));
  return {
    action: request.action,
    dry_run: request.dry_run === true,
    preview_seq: fingerprint(affected, refused),
    affected,
    refused,
    effect_on_target: effectSentence(run, plan),
  };
}

/** The state that the click leads to first; a running task asked to leave is `stopping` until that is confirmed. */
function stateAfter(run: Run, move: Move): InstanceState {
  switch (move.kind) {
    case 'to':
      return move.to;
    case 'leave':
      return STATES[run.stateAt(move.row)].active ? 'stopping' : move.to;
    case 'again':
      return run.waitingOn[move.row] === 0 ? 'pending' : 'registered';
    case 'reset':
      return 'registered';
    case 'undo':
      return 'pending';
    default:
      return run.stateAt(move.row);
  }
}

/** The same affected set has the same fingerprint; a confirm with another is refused. */
const fingerprint = (affected: readonly object[], refused: readonly object[]): string =>
  createHash('sha256')
    .update(JSON.stringify([affected, refused]))
    .digest('hex')
    .slice(0, 16);

function effectSentence(run: Run, plan: CommandPlan): string {
  const leaving = plan.moves.filter((move) => move.kind === 'leave');
  const merging = leaving.filter((move) => run.pass(move.row)?.step === 'merge' && run.pass(move.row)?.members.has(move.row));
  if (merging.length > 0) {
    const fanOut = run.pass(merging[0]!.row)?.fanOut;
    return `${fanOut?.done ?? 0} of ${fanOut?.count ?? 0} shards are merged already and stay; the rest of user_tags is left as it is`;
  }
  if (leaving.length > 0) return 'user_tags is left as it is: nothing of these tags has been merged';
  if (plan.moves.some((move) => move.kind === 'undo'))
    return 'what this run changed for these tags in user_tags is taken back, except where it was changed again since';
  if (plan.moves.some((move) => move.kind === 'again'))
    return 'the tags are evaluated again, and user_tags is changed where the result differs';
  if (plan.moves.some((move) => move.kind === 'held' && !move.held && isHeldByCheck(run, move.row)))
    return 'the tags that the check holds are evaluated again on the same data and merged';
  return 'user_tags is not touched by this click';
}

export const planOf = (run: Run, request: ActionRequest): CommandPlan =>
  planCommand(run, request.action, rowsOf(run, request), request.downstream ?? 'as-success');
