/**
 * Shards whose attempt may have written and whose executor is not there to
 * tell: the target is asked (two-phase confirm). What is there whole counts as
 * done; the rest is done again under a higher token. By then no older attempt
 * can write any more, so those that leave the pass have left it.
 */
import { touchInstance } from '../dirty.ts';
import type { Effect } from '../effects.ts';
import type { Decision, Input } from '../events.ts';
import { UNSURE } from '../fan-out.ts';
import { advance, failPass, leaseEnded } from '../passes.ts';
import type { FanOutPlace, ManagerState } from '../state.ts';
import { takeDetail } from './results.ts';

export function applySettleAsked(state: ManagerState, event: Extract<Decision, { type: 'settle-asked' }>, effects: Effect[]): void {
  state.tokenNext = Math.max(state.tokenNext, event.token + 1);
  const place = state.open.get(event.fanOut);
  if (place === undefined) return;
  const { run, pass, fanOut } = place;
  for (const shard of event.shards) {
    fanOut.token[shard] = event.token;
    fanOut.asked.add(shard);
  }
  effects.push({
    type: 'settle',
    runId: run.id,
    pass: pass.outerNumber,
    fanOut: fanOut.id,
    token: event.token,
    shards: event.shards,
    scope: pass.scopes[0] ?? [],
    pieceHashes: fanOut.step === 'merge' ? event.shards.map((shard) => pass.pieceHash[shard]!) : null,
  });
}

export function applySettled(state: ManagerState, event: Extract<Input, { type: 'settled' }>, effects: Effect[]): void {
  const place = state.open.get(event.fanOut);
  if (place === undefined) return;
  const { run, pass, fanOut } = place;
  event.shards.forEach((shard, i) => {
    if (fanOut.state[shard] !== UNSURE || fanOut.token[shard] !== event.token) return;
    leaseEnded(run, pass, shard);
    const result = event.results[i] ?? null;
    const done = result !== null && takeDetail(place, undefined, shard, result);
    fanOut.settle(shard, done, state.atMs);
    state.settled[done ? 'accepted' : 'redone'] += 1;
    if (!done) putAsideWhenHopeless(state, place, shard, effects);
  });
  for (const row of pass.members) touchInstance(state, run, row);
  for (const row of pass.leaving.keys()) touchInstance(state, run, row);
  advance(state, run, pass, effects);
}

/** A shard that costs one executor or worker process after the other is not tried for ever. */
function putAsideWhenHopeless(state: ManagerState, place: FanOutPlace, shard: number, effects: Effect[]): void {
  const { run, pass, fanOut } = place;
  if (pass.abandoned !== null) return;
  const losses = fanOut.losses[shard]!;
  const failures = fanOut.failures[shard]!;
  if (losses < state.settings.maxLosses && failures < state.settings.maxAttempts) return;
  fanOut.finish(shard, false);
  if (losses >= state.settings.maxLosses)
    failPass(state, run, pass, 'EXECUTOR_LOST', `shard ${shard} lost its executor ${losses} times; it is put aside`, effects);
  else failPass(state, run, pass, 'WORKER_DIED', `shard ${shard} lost its worker process ${failures} times; it is put aside`, effects);
}
