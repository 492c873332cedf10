/** Life of a pass: formed, evaluated, checked, merged; given up when nobody is left in it. */
import { assert } from '@tagmill/shared/assert';
import { breachSentence } from '@tagmill/shared/tag-policy';
import type { Step } from '@tagmill/shared/words';
import { touchInstance, touchRun } from './dirty.ts';
import type { Effect } from './effects.ts';
import { FanOut, LEASED, UNSURE, WAITING, writesTarget } from './fan-out.ts';
import { predecessors } from './graph.ts';
import { failInstance, fire, setHeld } from './instances.ts';
import { type LeaveTarget, Pass, type PassKind, progressOf } from './pass.ts';
import { HELD, ROLLBACK, type Run } from './run.ts';
import type { ManagerState } from './state.ts';
import { basisOf } from './tag-basis.ts';
import { foundBreach } from './tag-check.ts';

const FIRST_STEP: Readonly<Record<PassKind, Step>> = { plan: 'plan', tags: 'evaluate', noop: 'run', rollback: 'rollback' };

/** `outerNumber`: undefined in journals of versions that had none, where a pass went by its number. */
export function formPass(state: ManagerState, run: Run, rows: readonly number[], outerNumber: number | undefined): Pass {
  const handler = run.task(rows[0]!).handler;
  const kind: PassKind = handler === 'plan' ? 'plan' : handler === 'noop' ? 'noop' : 'tags';
  const number = run.passes.length + 1;
  const pass = new Pass(number, outerNumber ?? number, kind, rows, FIRST_STEP[kind]);
  run.passes.push(pass);
  for (const row of rows) {
    run.passOf[row] = pass.number;
    run.candidates.delete(row);
    touchInstance(state, run, row);
  }
  const shards = kind === 'plan' ? 1 : kind === 'noop' ? (run.task(rows[0]!).shards ?? 1) : (run.plan?.cuts.length ?? 0) + 1;
  beginStep(state, run, pass, FIRST_STEP[kind], shards);
  touchUpstream(state, run, pass);
  if (kind === 'tags') {
    pass.pieceHash = new Array<string>(shards).fill('');
    pass.pieceAt = new Uint32Array(shards);
    pass.scopeOf = new Uint16Array(shards);
    pass.basis = basisOf(run, rows);
  }
  return pass;
}

/** A pass that undoes what pass `undoes` changed of one row's tag; it waits for the target as a merge does. */
export function formRollback(state: ManagerState, run: Run, row: number, undoes: number, outerNumber: number | undefined): void {
  const number = run.passes.length + 1;
  const pass = new Pass(number, outerNumber ?? number, 'rollback', [row], 'rollback');
  // It has no fan-out yet that would take the number up.
  if (outerNumber !== undefined) state.nextFanOut = Math.max(state.nextFanOut, outerNumber + 1);
  pass.undoes = undoes;
  pass.phase = 'waiting-target';
  pass.targetSinceMs = state.atMs;
  run.passes.push(pass);
  run.passOf[row] = pass.number;
  run.candidates.delete(row);
  touchInstance(state, run, row);
  touchUpstream(state, run, pass);
}

/** The newest pass whose merge may have changed a row's tag and that was not undone; 0 when there is none. */
export function passToUndo(run: Run, row: number): number {
  const tagId = run.task(row).tagId ?? 0;
  for (let at = run.passes.length - 1; at >= 0; at--) {
    const pass = run.passes[at]!;
    if (pass.kind === 'tags' && pass.scopes[0]?.includes(tagId) === true && !pass.undone.has(row)) return pass.number;
  }
  return 0;
}

/** What a pass changed is undone: on to an older pass that changed the row too, or it has ended, with a notice. */
function rolledBack(state: ManagerState, run: Run, pass: Pass, effects: Effect[]): void {
  const row = pass.rows[0]!;
  run.passes[pass.undoes - 1]!.undone.add(row);
  endPass(state, run, pass, effects);
  const older = passToUndo(run, row);
  if (older !== 0) {
    pass.members.delete(row);
    formRollback(state, run, row, older, pass.outerNumber === pass.number ? undefined : state.nextFanOut);
    return;
  }
  run.flags[row]! &= ~ROLLBACK;
  const { updated, unchanged } = rollbackTotals(run, row);
  const sentence = `rolled back: ${updated} users are as they were before${unchanged > 0 ? `, ${unchanged} were changed since and left alone` : ''}`;
  run.reasons.set(row, sentence);
  fire(state, run, row, 'work-done', 'every shard is rolled back');
  fire(state, run, row, 'rollback-confirmed', sentence);
  run.reasons.set(row, sentence);
}

function rollbackTotals(run: Run, row: number): { readonly updated: number; readonly unchanged: number } {
  let updated = 0;
  let unchanged = 0;
  for (const pass of run.passes) {
    if (pass.kind !== 'rollback' || pass.rows[0] !== row) continue;
    updated += pass.users.updated;
    unchanged += pass.users.unchanged;
  }
  return { updated, unchanged };
}

function beginStep(state: ManagerState, run: Run, pass: Pass, step: Step, shards: number): void {
  pass.step = step;
  pass.stepStartedMs[step] = state.atMs;
  pass.fanOut = new FanOut(state.nextFanOut++, step, shards, pass.kind === 'noop', state.atMs);
  state.open.set(pass.fanOut.id, { run, pass, fanOut: pass.fanOut });
}

/** After a shard settled or a member left: on to the next step when this one is over. */
export function advance(state: ManagerState, run: Run, pass: Pass, effects: Effect[]): void {
  if (pass.phase === 'over') return;
  confirmLeavers(state, run, pass);
  const fanOut = pass.fanOut;
  if (pass.abandoned !== null) {
    if (fanOut === null || fanOut.pending === 0) endPass(state, run, pass, effects);
    return;
  }
  if (pass.phase !== 'working' || fanOut === null || !fanOut.over || fanOut.failed > 0) return;
  pass.stepEndedMs[pass.step] = state.atMs;
  state.open.delete(fanOut.id);
  if (pass.step === 'evaluate') check(state, run, pass, effects);
  else succeed(state, run, pass, effects);
}

/** Per tag, over all shards, before one row is written. Held tags leave here and wait for their release. */
function check(state: ManagerState, run: Run, pass: Pass, effects: Effect[]): void {
  pass.step = 'check';
  pass.stepStartedMs.check = state.atMs;
  for (const row of [...pass.members]) {
    if (!run.has(row, HELD)) holdBeyondLimits(state, run, pass, row);
    if (run.has(row, HELD)) {
      pass.members.delete(row);
      fire(state, run, row, 'work-returned', 'it is held, so this pass merges without it');
      run.passOf[row] = 0;
    } else touchInstance(state, run, row);
  }
  pass.stepEndedMs.check = state.atMs;
  pass.fanOut = null;
  pass.phase = 'waiting-target';
  pass.targetSinceMs = state.atMs;
  if (pass.members.size === 0) abandon(state, run, pass, 'no tag is left to merge', effects);
}

/** The circuit breaker: a tag beyond what its policy allows waits for somebody who lets it go, or discards it. */
function holdBeyondLimits(state: ManagerState, run: Run, pass: Pass, row: number): void {
  const breach = foundBreach(state, run, pass, row);
  if (breach === null) return;
  run.breaches.set(row, breach);
  setHeld(state, run, row, true, `by the check, before any row was written: ${breachSentence(breach)}`, null);
}

export function beginMerge(state: ManagerState, run: Run, pass: Pass): void {
  assert(state.merging === null, 'two passes would merge into the target at once');
  state.merging = { run, pass };
  pass.phase = 'working';
  pass.sureSinceTerm = state.term;
  pass.scopes.push(scopeNow(run, pass));
  beginStep(state, run, pass, pass.kind === 'rollback' ? 'rollback' : 'merge', shardsToMerge(run, pass));
  for (const row of pass.members) touchInstance(state, run, row);
}

const shardsToMerge = (run: Run, pass: Pass): number => (pass.kind === 'rollback' ? run.passes[pass.undoes - 1]! : pass).pieceHash.length;

/** Tag ids of the members, ascending: what a merge leased now may change. */
export const scopeNow = (run: Run, pass: Pass): number[] =>
  pass.rows.filter((row) => pass.members.has(row)).map((row) => run.task(row).tagId ?? 0);

function succeed(state: ManagerState, run: Run, pass: Pass, effects: Effect[]): void {
  if (pass.kind === 'rollback') {
    rolledBack(state, run, pass, effects);
    return;
  }
  for (const row of pass.members) {
    fire(state, run, row, 'work-done', pass.kind === 'tags' ? 'every shard is merged' : 'every shard is done');
    fire(state, run, row, 'confirm', 'its results are in the journal');
  }
  endPass(state, run, pass, effects);
}

function endPass(state: ManagerState, run: Run, pass: Pass, effects: Effect[]): void {
  confirmLeavers(state, run, pass);
  pass.phase = 'over';
  if (pass.fanOut !== null) state.open.delete(pass.fanOut.id);
  if (state.merging?.pass === pass) state.merging = null;
  touchUpstream(state, run, pass);
  effects.push({ type: 'pass-over', runId: run.id, pass: pass.outerNumber });
  touchRun(state, run);
}

/** Whether the plan may be made again depends on the passes that come from it. */
function touchUpstream(state: ManagerState, run: Run, pass: Pass): void {
  for (const before of predecessors(run.graph, pass.rows[0]!)) touchInstance(state, run, before);
}

/** Gives a pass up: no shard is leased any more, those under way are cancelled and waited for. */
export function abandon(state: ManagerState, run: Run, pass: Pass, why: string, effects: Effect[]): void {
  if (pass.phase === 'over' || pass.abandoned !== null) return;
  pass.abandoned = why;
  pass.phase = 'draining';
  cancelLeased(state, pass, why, effects);
  doubtLostLeases(state, pass);
  advance(state, run, pass, effects);
}

function cancelLeased(state: ManagerState, pass: Pass, why: string, effects: Effect[]): void {
  const fanOut = pass.fanOut;
  if (fanOut === null) return;
  const byExecutor = new Map<number, number[]>();
  for (let shard = 0; shard < fanOut.count; shard++) {
    if (fanOut.state[shard] !== LEASED) continue;
    const at = fanOut.executor[shard]! - 1;
    const shards = byExecutor.get(at) ?? [];
    shards.push(shard);
    byExecutor.set(at, shards);
  }
  for (const [at, shards] of byExecutor) {
    const executor = state.executorAt[at]!.id;
    effects.push({ type: 'cancel', executor, fanOut: fanOut.id, shards, tokens: shards.map((s) => fanOut.token[s]!), why });
  }
}

/** Every member fails with the same error, and the pass is given up. */
export function failPass(state: ManagerState, run: Run, pass: Pass, code: string, message: string, effects: Effect[]): void {
  for (const row of [...pass.members]) {
    leftAt(pass, row);
    failInstance(state, run, row, { code, message });
  }
  abandon(state, run, pass, message, effects);
}

/** Some members fail; the others go back and meet in a new pass, evaluated from the start. */
export function failMembers(
  state: ManagerState,
  run: Run,
  pass: Pass,
  rows: readonly number[],
  code: string,
  message: string,
  effects: Effect[],
): void {
  for (const row of rows) {
    if (!pass.members.has(row)) continue;
    leftAt(pass, row);
    failInstance(state, run, row, { code, message });
  }
  returnMembers(state, run, pass, `evaluated again without what failed (${code})`);
  abandon(state, run, pass, message, effects);
}

function returnMembers(state: ManagerState, run: Run, pass: Pass, why: string): void {
  for (const row of [...pass.members]) {
    pass.members.delete(row);
    run.passOf[row] = 0;
    if (!fire(state, run, row, 'work-returned', why)) run.candidates.add(row);
  }
}

/**
 * A member is asked to leave. It has left at once when nothing under way can
 * have an effect of its own; else it is `stopping` until those attempts have
 * confirmed.
 */
export function leave(state: ManagerState, run: Run, row: number, target: LeaveTarget, why: string, effects: Effect[]): void {
  const pass = run.pass(row);
  assert(pass?.members.has(row) === true, `${run.task(row).name} is in no pass`);
  leftAt(pass, row);
  const last = pass.members.size === 0;
  doubtLostLeases(state, pass);
  const remaining = last ? (pass.fanOut?.pending ?? 0) : carrying(run, pass, row);
  if (pass.step === 'merge' && !last) pass.scopes.push(scopeNow(run, pass));
  pass.leaving.set(row, { target, remaining });
  if (last) abandon(state, run, pass, why, effects);
  else confirmLeavers(state, run, pass);
}

/** The row is no member any more; its record keeps how far the pass was, with nothing under way. */
function leftAt(pass: Pass, row: number): void {
  pass.members.delete(row);
  pass.left.set(row, { ...progressOf(pass), shardsRunning: 0 });
}

/** Merges under way whose scope has the row's tag. */
function carrying(run: Run, pass: Pass, row: number): number {
  const fanOut = pass.fanOut;
  if (pass.step !== 'merge' || fanOut === null) return 0;
  let count = 0;
  for (let shard = 0; shard < fanOut.count; shard++) {
    const at = fanOut.state[shard];
    if ((at === LEASED || at === UNSURE) && carries(run, pass, row, shard)) count += 1;
  }
  return count;
}

const carries = (run: Run, pass: Pass, row: number, shard: number): boolean =>
  pass.scopes[pass.scopeOf[shard]!]?.includes(run.task(row).tagId ?? 0) === true;

/**
 * Since a restart the journal may lack leases that were sent before it: their
 * attempts may still write, unknown to all. When somebody leaves, every shard
 * that waits is therefore asked after once, which also fences them off.
 */
function doubtLostLeases(state: ManagerState, pass: Pass): void {
  const { fanOut } = pass;
  if (fanOut === null || !writesTarget(fanOut.step) || pass.sureSinceTerm === state.term) return;
  pass.sureSinceTerm = state.term;
  for (let shard = 0; shard < fanOut.count; shard++) {
    if (fanOut.state[shard] !== WAITING) continue;
    fanOut.doubt(shard);
    if (fanOut.step === 'merge') pass.scopeOf[shard] = pass.scopes.length - 1;
  }
}

/** A lease of the pass ended: those that leave wait for one attempt less. Call before the fan-out forgets the lease. */
export function leaseEnded(run: Run, pass: Pass, shard: number): void {
  for (const [row, left] of pass.leaving) {
    if (left.remaining > 0 && (pass.abandoned !== null || pass.step !== 'merge' || carries(run, pass, row, shard))) left.remaining -= 1;
  }
}

function confirmLeavers(state: ManagerState, run: Run, pass: Pass): void {
  for (const [row, left] of pass.leaving) {
    if (left.remaining > 0 || (pass.abandoned !== null && (pass.fanOut?.pending ?? 0) > 0)) continue;
    pass.leaving.delete(row);
    const event = left.target === 'stopped' ? 'stop-confirmed' : left.target === 'skipped' ? 'skip-confirmed' : 'mark-confirmed';
    fire(state, run, row, event, mergedSentence(pass));
    run.passOf[row] = pass.number;
  }
}

function mergedSentence(pass: Pass): string {
  if (pass.kind === 'rollback' && pass.fanOut !== null)
    return `every attempt has confirmed; ${pass.fanOut.done} of ${pass.fanOut.count} shards had been rolled back`;
  if (pass.kind !== 'tags') return 'every attempt has confirmed';
  if (pass.step !== 'merge' || pass.fanOut === null) return 'every attempt has confirmed; user_tags is untouched';
  return `every attempt has confirmed; ${pass.fanOut.done} of ${pass.fanOut.count} shards had been merged`;
}
