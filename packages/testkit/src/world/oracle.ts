/**
 * What `user_tags` must hold in the end, computed apart: from what the manager
 * says of each run, in the order in which passes had the target, with a model
 * that knows nothing of fences, attempts or batches.
 */
import type { Pass } from '@tagmill/manager/core/pass';
import type { Run } from '@tagmill/manager/core/run';
import type { ManagerState } from '@tagmill/manager/core/state';
import { isMatched, USERS, usersOf } from './people.ts';

interface Change {
  readonly pass: string;
  readonly entered: boolean;
}

/** One tag of one user: its entry, and every change of it, oldest first. */
interface Cell {
  by: string | undefined;
  readonly changes: (Change & { readonly was: string | undefined })[];
}

/** Which tags of a left pass a shard's users were merged with all the same: facts of the target, since a stop may come in the middle. */
export type LeftOver = (runId: string, pass: number, shard: number, user: number) => readonly number[];

/** Tags per user, ascending. */
export function expectedTags(state: ManagerState, leftOver: LeftOver): readonly (readonly number[])[] {
  const users = Array.from({ length: USERS }, () => new Map<number, Cell>());
  for (const { run, pass } of passesInOrder(state)) {
    if (pass.kind === 'rollback') undo(users, run, pass, leftOver);
    else merge(users, run, pass, leftOver);
  }
  return users.map((cells) =>
    [...cells]
      .filter(([, cell]) => cell.by !== undefined)
      .map(([tag]) => tag)
      .sort((a, b) => a - b),
  );
}

/** Passes that had the target, in the order in which they did: one at a time, and fan-outs are numbered as they begin. */
function passesInOrder(state: ManagerState): { readonly run: Run; readonly pass: Pass }[] {
  const found: { run: Run; pass: Pass; id: number }[] = [];
  for (const run of state.runs.values())
    for (const pass of run.passes)
      if (pass.fanOut !== null && (pass.step === 'merge' || pass.step === 'rollback')) found.push({ run, pass, id: pass.fanOut.id });
  return found.sort((a, b) => a.id - b.id);
}

/** Tags that the pass says it has merged into every shard: those that stayed in it to its end. */
const wholeTags = (run: Run, pass: Pass): readonly number[] =>
  pass.abandoned === null ? [...pass.members].map((row) => run.task(row).tagId ?? 0) : [];

function merge(users: Map<number, Cell>[], run: Run, pass: Pass, leftOver: LeftOver): void {
  const name = `${run.id}/${pass.number}`;
  const whole = wholeTags(run, pass);
  const shards = pass.fanOut?.count ?? 0;
  for (let shard = 0; shard < shards; shard++) {
    for (const user of usersOf(shard, shards)) {
      const tags = new Set([...whole, ...leftOver(run.id, pass.number, shard, user)]);
      for (const tag of tags) set(cellOf(users[user]!, tag), name, isMatched(run.id, tag, user));
    }
  }
}

function undo(users: Map<number, Cell>[], run: Run, pass: Pass, leftOver: LeftOver): void {
  const name = `${run.id}/${pass.number}`;
  const undone = `${run.id}/${pass.undoes}`;
  const whole = pass.abandoned === null ? pass.rows.map((row) => run.task(row).tagId ?? 0) : [];
  const shards = pass.fanOut?.count ?? 0;
  for (let shard = 0; shard < shards; shard++) {
    for (const user of usersOf(shard, shards)) {
      for (const tag of new Set([...whole, ...leftOver(run.id, pass.number, shard, user)])) {
        const cell = cellOf(users[user]!, tag);
        for (const change of cell.changes.filter((one) => one.pass === undone)) {
          if (change.entered && cell.by === undone) set(cell, name, false);
          else if (!change.entered && cell.by === undefined && change.was !== undefined) {
            cell.changes.push({ pass: name, entered: true, was: undefined });
            cell.by = change.was;
          }
        }
      }
    }
  }
}

function cellOf(cells: Map<number, Cell>, tag: number): Cell {
  let cell = cells.get(tag);
  if (cell === undefined) {
    cell = { by: undefined, changes: [] };
    cells.set(tag, cell);
  }
  return cell;
}

function set(cell: Cell, pass: string, matched: boolean): void {
  if (matched === (cell.by !== undefined)) return;
  cell.changes.push({ pass, entered: matched, was: cell.by });
  cell.by = matched ? pass : undefined;
}
