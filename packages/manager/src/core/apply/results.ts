/**
 * Results of shards. A result counts when it answers the lease that stands, or
 * when it comes from a lease that the journal lost in a crash: the shard waits
 * and the token is higher than any that the journal knows. All others change
 * nothing and are counted.
 */
import { touchExecutor, touchInstance } from '../dirty.ts';
import { driftSentence } from '@tagmill/shared/field-facts';
import { tell } from '../story.ts';
import type { Effect } from '../effects.ts';
import { type FailureDetail, type Input, RESULT_DONE, RESULT_STOPPED, type ResultsEvent } from '../events.ts';
import { LEASED, WAITING, writesTarget } from '../fan-out.ts';
import { failInstance } from '../instances.ts';
import { advance, failMembers, failPass } from '../passes.ts';
import { canRetry, harmOf, retryDelayMs } from '../policies.ts';
import type { Run } from '../run.ts';
import type { Executor, FanOutPlace, ManagerState } from '../state.ts';
import { readEvaluated, readFailure, readMerged, UNREADABLE } from './details.ts';
import { endLease, hold, loseLease } from './leases.ts';

export function applyResults(state: ManagerState, event: ResultsEvent, effects: Effect[]): void {
  effects.push({ type: 'confirm', executor: event.executor, fanOut: event.fanOut, shards: event.shards, tokens: event.tokens });
  const place = state.open.get(event.fanOut);
  const executor = state.executors.get(event.executor);
  if (place === undefined || executor === undefined) {
    state.ignoredResults += event.shards.length;
    return;
  }
  for (let i = 0; i < event.shards.length; i++) {
    const shard = event.shards[i]!;
    if (!accept(state, place, executor, shard, event.tokens[i]!)) {
      state.ignoredResults += 1;
      continue;
    }
    settleShard(state, place, executor, shard, event.status[i]!, event.details?.[i] ?? '', effects);
  }
  touchExecutor(state, executor);
  for (const row of place.pass.members) touchInstance(state, place.run, row);
  for (const row of place.pass.leaving.keys()) touchInstance(state, place.run, row);
  advance(state, place.run, place.pass, effects);
}

/** Whether a result may count; a lease that the journal lost is taken up first. */
function accept(state: ManagerState, place: FanOutPlace, executor: Executor, shard: number, token: number): boolean {
  const { fanOut } = place;
  if (!(shard < fanOut.count)) return false;
  if (fanOut.state[shard] === LEASED) return fanOut.token[shard] === token && fanOut.executor[shard] === executor.number + 1;
  if (fanOut.state[shard] !== WAITING) return false;
  if (!(token > fanOut.token[shard]!) || token >= state.tokensReserved || place.pass.abandoned !== null) return false;
  hold(state, place, executor, shard, token);
  return true;
}

function settleShard(
  state: ManagerState,
  place: FanOutPlace,
  executor: Executor,
  shard: number,
  status: number,
  detail: string,
  effects: Effect[],
): void {
  const { pass, fanOut } = place;
  if (status !== RESULT_DONE && writesTarget(fanOut.step) && endedMidway(detail)) {
    executor.shardsFailed += 1;
    fanOut.failures[shard]! += 1;
    recordAttempt(state, place, executor, shard, status === RESULT_STOPPED ? 'stopped' : 'failed', sentenceOf(detail));
    loseLease(state, place, shard);
    return;
  }
  endLease(state, place, shard);
  const understood = status !== RESULT_DONE || fanOut.tiny || takeDetail(place, executor, shard, detail);
  if (status === RESULT_DONE && understood) {
    executor.shardsDone += 1;
    recordAttempt(state, place, executor, shard, 'done', null);
    fanOut.finish(shard, true);
    return;
  }
  if (status === RESULT_STOPPED) {
    recordAttempt(state, place, executor, shard, 'stopped', stoppedSentence(detail));
    fanOut.giveBack(shard, state.atMs);
    return;
  }
  executor.shardsFailed += 1;
  const failure = understood ? readFailure(detail) : UNREADABLE;
  recordAttempt(state, place, executor, shard, 'failed', `${failure.code}: ${failure.message}`);
  if (pass.abandoned !== null) fanOut.giveBack(shard, state.atMs);
  else settleFailure(state, place, shard, failure, effects);
}

/** Its worker process was ended, perhaps while the target had its COMMIT: what became of that, only the target knows. */
const endedMidway = (detail: string): boolean => detail !== '' && readFailure(detail).code === 'WORKER_DIED';

const sentenceOf = (detail: string): string => {
  const { code, message } = readFailure(detail);
  return `${code}: ${message}`;
};

/** Why an attempt ended when it was told to stop: worth a line where it had to be ended. */
const stoppedSentence = (detail: string): string | null => (endedMidway(detail) ? sentenceOf(detail) : null);

/** Takes up what a done shard says; false when it cannot be read. A plan is taken up by its own event only. */
export function takeDetail(place: FanOutPlace, executor: Executor | undefined, shard: number, detail: string): boolean {
  const { pass, fanOut } = place;
  if (fanOut.step === 'evaluate') {
    const result = readEvaluated(detail);
    if (result === undefined) return false;
    pass.pieceHash[shard] = result.pieceHash;
    pass.pieceAt[shard] = (executor?.number ?? -1) + 1;
    pass.addEvaluated(result);
    return true;
  }
  const result = writesTarget(fanOut.step) ? readMerged(detail) : undefined;
  if (result === undefined) return false;
  pass.addMerged(result);
  return true;
}

function settleFailure(state: ManagerState, place: FanOutPlace, shard: number, failure: FailureDetail, effects: Effect[]): void {
  const { run, pass, fanOut } = place;
  fanOut.failures[shard]! += 1;
  const failures = fanOut.failures[shard]!;
  if (canRetry(failure.code) && failures < state.settings.maxAttempts) {
    const due = state.atMs + retryDelayMs(state.settings, failures, fanOut.token[shard]!);
    fanOut.giveBack(shard, state.atMs, due);
    for (const row of pass.members) run.reasons.set(row, `shard ${shard} failed (${failure.code}: ${failure.message}) and is tried again`);
    return;
  }
  fanOut.finish(shard, false);
  const harm = harmOf(failure);
  const hit =
    harm === 'tag'
      ? pass.rows.filter((row) => run.task(row).tagId === failure.tagId)
      : harm === 'table'
        ? readersOf(place, failure.table ?? '')
        : [];
  if (hit.length > 0 && pass.step === 'evaluate') {
    failMembers(state, run, pass, hit, failure.code, failure.message, effects);
    return;
  }
  if (harm === 'run' || pass.step === 'merge' || pass.step === 'plan') run.error ??= { code: failure.code, message: failure.message };
  failPass(state, run, pass, failure.code, failure.message, effects);
}

const readersOf = (place: FanOutPlace, table: string): number[] =>
  place.pass.rows.filter((row) => place.run.passTags.get(place.run.task(row).tagId ?? 0)?.reads.includes(table) === true);

export function recordAttempt(
  state: ManagerState,
  place: FanOutPlace,
  executor: Executor | undefined,
  shard: number,
  outcome: 'done' | 'failed' | 'lost' | 'stopped',
  message: string | null,
): void {
  const { pass, fanOut } = place;
  const startedAtMs = pass.leasedAtMs.get(shard);
  pass.leasedAtMs.delete(shard);
  if (startedAtMs === undefined) return;
  pass.remember({
    step: fanOut.step,
    shard,
    attempt: fanOut.attempt[shard]!,
    executor: executor?.name ?? '',
    token: fanOut.token[shard]!,
    startedAtMs,
    endedAtMs: state.atMs,
    outcome,
    message,
  });
}

/** The plan's result, with the verdict on each rule that the shell made from its catalogue. */
export function applyPlanFound(state: ManagerState, event: Extract<Input, { type: 'plan-found' }>, effects: Effect[]): void {
  effects.push({
    type: 'confirm',
    executor: event.executor,
    fanOut: event.fanOut,
    shards: Uint32Array.of(0),
    tokens: Float64Array.of(event.token),
  });
  const place = state.open.get(event.fanOut);
  const executor = state.executors.get(event.executor);
  if (place === undefined || executor === undefined || !accept(state, place, executor, 0, event.token)) {
    state.ignoredResults += 1;
    return;
  }
  const { run, pass, fanOut } = place;
  pass.bytesRead += event.plan.bytesRead;
  // A plan that was stopped meanwhile has ended, and nothing follows from it.
  if (pass.abandoned === null) takePlan(state, run, event);
  endLease(state, place, 0);
  executor.shardsDone += 1;
  recordAttempt(state, place, executor, 0, 'done', null);
  fanOut.finish(0, true);
  advance(state, run, pass, effects);
}

function takePlan(state: ManagerState, run: Run, event: Extract<Input, { type: 'plan-found' }>): void {
  run.plan = event.plan;
  const planRow = run.index.find('plan');
  if (event.plan.drift !== undefined && planRow >= 0) tell(run, planRow, state.atMs, driftSentence(event.plan.drift));
  run.clock = event.clock;
  run.users = event.users;
  run.passTags.clear();
  run.refusedTags.clear();
  for (const verdict of event.tags) {
    const row = run.index.find(`tag-${verdict.tagId}`);
    if (row < 0) continue;
    if (verdict.ok) run.passTags.set(verdict.tagId, verdict.tag);
    else {
      run.refusedTags.set(verdict.tagId, { code: verdict.code, message: verdict.message });
      failInstance(state, run, row, { code: verdict.code, message: verdict.message });
    }
  }
}
