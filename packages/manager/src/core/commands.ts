/**
 * What a person's action does: one plan, used by the preview (which changes
 * nothing) and by the command itself, so that a button cannot lie.
 */
import type { Action, DownstreamPolicy, InstanceState } from '@tagmill/shared/words';
import { downstream, predecessors, subtree, successors } from './graph.ts';
import { passToUndo } from './passes.ts';
import { BY_UPSTREAM, GATE_MANUAL, GATE_OPEN, HELD, ROLLBACK, type Run } from './run.ts';
import type { ActionCell } from './states/spec.ts';
import { STATES } from './states/table.ts';

export type Move =
  | { readonly kind: 'to'; readonly row: number; readonly to: InstanceState }
  | { readonly kind: 'leave'; readonly row: number; readonly to: 'stopped' | 'skipped' | 'succeeded' }
  | { readonly kind: 'again'; readonly row: number }
  | { readonly kind: 'reset'; readonly row: number }
  | { readonly kind: 'held'; readonly row: number; readonly held: boolean }
  | { readonly kind: 'open'; readonly row: number }
  | { readonly kind: 'shards'; readonly row: number }
  | { readonly kind: 'undo'; readonly row: number };

export interface CommandPlan {
  readonly moves: readonly (Move & { readonly why: string })[];
  readonly refused: readonly { readonly row: number; readonly sentence: string }[];
}

/** The refusal of an action on one instance, or null when it may. */
export function refusal(run: Run, row: number, action: Action): string | null {
  const cell: ActionCell = STATES[run.stateAt(row)].actions[action];
  if ('reject' in cell) return action === 'release' && run.has(row, HELD) ? null : cell.reject;
  const handler = run.task(row).handler;
  if (handler === 'report' && (action === 'skip' || action === 'mark-success' || action === 'stop'))
    return 'The report is made by the manager in an instant; it cannot be skipped, stopped or marked.';
  if (handler === 'plan' && action === 'mark-success') return 'The plan cannot be marked: its tags need what it finds.';
  if ('flag' in cell) {
    if (cell.flag === 'held' && run.has(row, HELD)) return 'It is held already.';
    if (cell.flag === 'released' && !run.has(row, HELD)) return 'It is not held.';
  }
  if ('open' in cell) {
    if (run.has(row, HELD)) return 'It is held; release it and it runs.';
    if (!run.has(row, GATE_MANUAL) || run.has(row, GATE_OPEN)) return 'It starts by itself as soon as a slot is free.';
  }
  if ('shards' in cell && (run.pass(row)?.fanOut?.delayed.size ?? 0) === 0) return 'No shard of it waits for another try.';
  if (run.has(row, ROLLBACK) && (action === 'skip' || action === 'mark-success'))
    return 'What it changed is being undone; stop that first.';
  if ('again' in cell) return againRefusal(run, row);
  if ('undo' in cell) return undoRefusal(run, row);
  return null;
}

/** Only what changed the target can be undone, once nothing of it is under way. */
function undoRefusal(run: Run, row: number): string | null {
  if (run.task(row).handler !== 'tag') return 'It changes nothing in user_tags, so there is nothing to roll back.';
  const number = passToUndo(run, row);
  if (number === 0) return 'It changed nothing in user_tags, so there is nothing to roll back.';
  if (run.passes[number - 1]!.phase !== 'over') return 'Its last attempts have not confirmed yet; roll it back in a moment.';
  if (run.waitingOn[row]! > 0) return 'What comes before it goes on; roll it back once that has ended.';
  return null;
}

/** What would never begin is refused: its upstream ended badly, or left it without a plan. */
function againRefusal(run: Run, row: number): string | null {
  if (
    run.task(row).handler === 'plan' &&
    run.passes.some((pass) => (pass.kind === 'tags' || pass.kind === 'rollback') && pass.phase !== 'over')
  ) {
    return 'Its tags are being evaluated from it; stop them first, then run the plan again.';
  }
  for (const before of predecessors(run.graph, row)) {
    const needed = [...successors(run.graph, before)].some((next) => next.row === row && next.needsSuccess);
    const at = run.stateAt(before);
    if (needed && (at === 'failed' || at === 'stopped')) return `${run.task(before).title} has not ended well; retry that first.`;
    if (run.task(before).handler === 'plan' && run.plan === null && STATES[at].terminal)
      return 'The plan was skipped, so there is nothing to evaluate from; run the plan again first.';
  }
  return null;
}

/** What an action on these rows would do, in the order that it is done. */
export function planCommand(run: Run, action: Action, rows: readonly number[], policy: DownstreamPolicy): CommandPlan {
  const moves: (Move & { why: string })[] = [];
  const refused: { row: number; sentence: string }[] = [];
  const seen = new Set<number>();
  const add = (move: Move, why: string) => {
    if (seen.has(move.row)) return;
    seen.add(move.row);
    moves.push({ ...move, why });
  };
  for (const row of rows) {
    const sentence = policyRefusal(run, row, action, policy) ?? refusal(run, row, action);
    if (sentence !== null) refused.push({ row, sentence });
    else add(moveOf(run, row, action), 'asked for');
  }
  for (const row of rows) {
    if (!seen.has(row)) continue;
    for (const [move, why] of consequences(run, row, action, policy)) add(move, why);
  }
  return { moves, refused };
}

function policyRefusal(run: Run, row: number, action: Action, policy: DownstreamPolicy): string | null {
  if (run.task(row).handler !== 'plan' || action !== 'skip' || policy === 'skip-subtree') return null;
  return 'The plan cannot be skipped alone: its tags need what it finds. Skip the subtree, or stop it.';
}

function moveOf(run: Run, row: number, action: Action): Move {
  const cell = STATES[run.stateAt(row)].actions[action];
  if ('to' in cell) return { kind: 'to', row, to: cell.to };
  if ('leave' in cell) return { kind: 'leave', row, to: cell.leave as 'stopped' | 'skipped' | 'succeeded' };
  if ('again' in cell) return { kind: 'again', row };
  if ('flag' in cell) return { kind: 'held', row, held: cell.flag === 'held' };
  if ('open' in cell) return { kind: 'open', row };
  if ('shards' in cell) return { kind: 'shards', row };
  if ('undo' in cell) return { kind: 'undo', row };
  return { kind: 'held', row, held: false };
}

function* consequences(run: Run, row: number, action: Action, policy: DownstreamPolicy): Generator<[Move, string]> {
  const name = run.task(row).title;
  if (action === 'skip' || action === 'mark-success') {
    if (policy === 'skip-subtree') {
      for (const next of subtree(run.graph, row)) {
        const skip = STATES[run.stateAt(next)].actions.skip;
        if ('to' in skip) yield [{ kind: 'to', row: next, to: skip.to }, `downstream of ${name}`];
        else if ('leave' in skip) yield [{ kind: 'leave', row: next, to: 'skipped' }, `downstream of ${name}`];
      }
    } else if (policy === 'hold') {
      for (const next of successors(run.graph, row)) {
        if (!STATES[run.stateAt(next.row)].terminal && !run.has(next.row, HELD))
          yield [{ kind: 'held', row: next.row, held: true }, `downstream of ${name}`];
      }
    }
  }
  const cell = STATES[run.stateAt(row)].actions[action];
  if (!('again' in cell)) return;
  for (const next of downstream(run.graph, row)) {
    const spec = STATES[run.stateAt(next)];
    const failedWithIt = run.has(next, BY_UPSTREAM);
    const report = run.task(next).handler === 'report';
    if (spec.terminal && (cell.again === 'downstream' || failedWithIt || report))
      yield [{ kind: 'reset', row: next }, `downstream of ${name}`];
  }
}
