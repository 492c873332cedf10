import { breachSentence } from '@tagmill/shared/tag-policy';
import type { Effect } from '../effects.ts';
import type { Input } from '../events.ts';
import { type Move, planCommand } from '../commands.ts';
import { touchInstance, touchRun } from '../dirty.ts';
import { fire, moveTo, promote, setHeld } from '../instances.ts';
import { leave } from '../passes.ts';
import { GATE_OPEN, HELD, ROLLBACK, type Run } from '../run.ts';
import type { ManagerState } from '../state.ts';
import { isHeldByCheck } from '../tag-check.ts';
import { tell } from '../story.ts';

type Command = Extract<Input, { type: 'command' }>;

export function applyCommand(state: ManagerState, event: Command, effects: Effect[]): void {
  const run = state.runs.get(event.runId);
  if (run === undefined) return;
  // Which shards still wait for a retry must not depend on when the loop last looked at the clock.
  for (const pass of run.passes) pass.fanOut?.wake(state.atMs);
  const rows = event.names.map((name) => run.index.find(name)).filter((row) => row >= 0);
  const plan = planCommand(run, event.action, rows, event.downstream);
  const reason = event.reason === null || event.reason === '' ? '' : ` (${event.reason})`;
  for (const move of plan.moves) {
    const byCheck = isHeldByCheck(run, move.row);
    doMove(state, run, move, `${event.action} by ${event.who}${reason}`, event.who, effects);
    if (byCheck) answerCheck(state, run, move, event.who);
    if (move.kind === 'again' || move.kind === 'reset') run.breaches.delete(move.row);
  }
  for (const move of plan.moves) {
    if (move.kind === 'again' || move.kind === 'reset') promote(state, run, move.row);
  }
  if (plan.moves.length === 0) return;
  run.changes += 1;
  if (plan.moves.some((move) => move.kind === 'again')) run.error = null;
  if (run.endedMs !== null && plan.moves.some((move) => move.kind === 'again' || move.kind === 'held' || move.kind === 'undo'))
    reopen(state, run);
  touchRun(state, run);
}

function doMove(state: ManagerState, run: Run, move: Move, why: string, who: string, effects: Effect[]): void {
  const { row } = move;
  switch (move.kind) {
    case 'to':
      moveTo(state, run, row, move.to, why, who);
      return;
    case 'leave':
      if (run.pass(row)?.members.has(row) !== true) {
        moveTo(state, run, row, move.to, why, who);
        return;
      }
      moveTo(state, run, row, 'stopping', why, who);
      leave(state, run, row, move.to, why, effects);
      return;
    case 'again':
    case 'reset':
      run.passOf[row] = 0;
      fire(state, run, row, 'reset', why, who);
      return;
    case 'held':
      setHeld(state, run, row, move.held, why, who);
      return;
    case 'open':
      run.flags[row]! |= GATE_OPEN;
      if (run.pass(row)?.members.has(row) !== true) run.candidates.add(row);
      tell(run, row, state.atMs, `gate opened: ${why}`, who);
      touchInstance(state, run, row);
      return;
    case 'undo':
      run.passOf[row] = 0;
      run.flags[row]! |= ROLLBACK;
      moveTo(state, run, row, 'pending', why, who);
      return;
    case 'shards': {
      const woken = run.pass(row)?.fanOut?.wake(Number.POSITIVE_INFINITY) ?? 0;
      tell(run, row, state.atMs, `${woken} shards tried again at once: ${why}`, who);
      touchInstance(state, run, row);
      return;
    }
  }
}

/** Somebody let a tag go on that the check has held, or ended it: then nothing holds it any more. */
function answerCheck(state: ManagerState, run: Run, { kind, row }: Move, who: string): void {
  const breach = run.breaches.get(row)!;
  if (kind === 'held') run.breaches.set(row, { ...breach, releasedBy: who });
  if (kind !== 'to' && kind !== 'leave') return;
  run.flags[row]! &= ~HELD;
  run.held -= 1;
  const sentence = `discarded by ${who}, nothing of it was written: ${breachSentence(breach)}`;
  tell(run, row, state.atMs, sentence, who);
  if (run.stateAt(row) === 'stopped') run.reasons.set(row, sentence);
}

/** An ended run goes on because somebody asked for more of it. */
function reopen(state: ManagerState, run: Run): void {
  run.endedMs = null;
  run.state = 'running';
  run.error = null;
  touchRun(state, run);
}
