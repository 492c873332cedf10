/**
 * The scheduler: looks at the state and makes the decisions that are due. Each
 * is applied as it is made; the caller journals them with its next batch.
 */
import { apply } from './apply.ts';
import type { Effect } from './effects.ts';
import type { Decision } from './events.ts';
import { UNSURE } from './fan-out.ts';
import { passToUndo } from './passes.ts';
import { nextLease } from './placement/place.ts';
import { HELD, ROLLBACK, type Run } from './run.ts';
import type { ManagerState } from './state.ts';

export interface Decided {
  readonly decisions: readonly Decision[];
  readonly effects: readonly Effect[];
}

/** Decisions of one turn at most, so that a turn of the loop stays short. */
const MOST = 256;

/** `nowMs` is the wall clock, `steadyMs` the monotonic one, which alone counts leases. */
export function decide(state: ManagerState, nowMs: number, steadyMs: number): Decided {
  const decisions: Decision[] = [];
  const effects: Effect[] = [];
  for (const { fanOut } of state.open.values()) if (fanOut.delayed.size > 0) fanOut.wake(nowMs);
  while (decisions.length < MOST) {
    const decision = next(state, nowMs, steadyMs);
    if (decision === undefined) break;
    decisions.push(decision);
    effects.push(...apply(state, { atMs: nowMs, event: decision }));
  }
  return { decisions, effects };
}

function next(state: ManagerState, nowMs: number, steadyMs: number): Decision | undefined {
  return (
    lostExecutor(state, nowMs, steadyMs) ?? startRun(state) ?? beginWork(state) ?? startMerge(state) ?? askTarget(state) ?? nextLease(state)
  );
}

/** At this share of the fleet lost inside one lease the manager takes itself for the one cut off (control-plane.md). */
const MASS_LOSS_SHARE = 0.55;
const MASS_LOSS_LEAST = 3;

function lostExecutor(state: ManagerState, nowMs: number, steadyMs: number): Decision | undefined {
  const { leaseMs, reconnectMs } = state.settings;
  const alive = [...state.executors.values()].filter((one) => one.state === 'connected' || one.state === 'draining');
  for (const one of alive) {
    if (Number.isNaN(one.heardAtMs)) one.heardAtMs = steadyMs;
    if (Number.isNaN(one.disconnectedMs)) one.disconnectedMs = steadyMs;
  }
  const due = alive.filter(
    (one) => steadyMs - one.heardAtMs >= leaseMs || (one.disconnectedMs !== null && steadyMs - one.disconnectedMs >= reconnectMs),
  );
  const massLoss =
    due.length >= MASS_LOSS_LEAST &&
    due.length >= alive.length * MASS_LOSS_SHARE &&
    due.every((one) => steadyMs - one.heardAtMs < 3 * leaseMs);
  state.massLoss = massLoss ? { lost: due.length, of: alive.length, sinceMs: state.massLoss?.sinceMs ?? nowMs } : null;
  if (due.length === 0 || massLoss) return undefined;
  const one = due[0]!;
  const drained = one.state === 'draining' && one.slotsUsed + one.tinyLeased === 0;
  return { type: 'executor-lost', id: one.id, why: drained ? 'drained' : one.disconnectedMs !== null ? 'disconnected' : 'silent' };
}

function startRun(state: ManagerState): Decision | undefined {
  const runId = state.queue[0];
  if (runId === undefined) return undefined;
  let running = 0;
  for (const run of state.runs.values()) if (run.state === 'running') running += 1;
  return running < state.settings.triggeredRuns ? { type: 'run-started', runId } : undefined;
}

function beginWork(state: ManagerState): Decision | undefined {
  for (const run of state.runs.values()) {
    if (run.state !== 'running' || run.candidates.size === 0) continue;
    const decision = beginInRun(run, state.nextFanOut);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

function beginInRun(run: Run, outerNumber: number): Decision | undefined {
  const tags: number[] = [];
  for (const row of run.candidates) {
    if (run.has(row, HELD) || !run.gateOpen(row)) continue;
    const task = run.task(row);
    if (run.has(row, ROLLBACK)) return { type: 'rollback-formed', runId: run.id, row, undoes: passToUndo(run, row), outerNumber };
    if (task.handler === 'report') return { type: 'report-made', runId: run.id, row };
    if (task.handler !== 'tag') return { type: 'pass-formed', runId: run.id, rows: [row], outerNumber };
    if (run.passTags.has(task.tagId ?? 0)) tags.push(row);
    // Refused by the plan, or there is none: it was skipped while somebody asked for the tag again.
    else return { type: 'tag-refused', runId: run.id, row };
  }
  if (tags.length === 0) return undefined;
  tags.sort((a, b) => (run.task(a).tagId ?? 0) - (run.task(b).tagId ?? 0));
  return { type: 'pass-formed', runId: run.id, rows: tags, outerNumber };
}

/** One pass merges at a time; the one that was evaluated first goes first. */
function startMerge(state: ManagerState): Decision | undefined {
  if (state.merging !== null) return undefined;
  let first: { readonly runId: string; readonly pass: number; readonly since: number } | undefined;
  for (const run of state.runs.values()) {
    if (run.state !== 'running') continue;
    for (const pass of run.passes) {
      const since = pass.targetSinceMs;
      if (pass.phase === 'waiting-target' && (first === undefined || since < first.since))
        first = { runId: run.id, pass: pass.number, since };
    }
  }
  return first === undefined ? undefined : { type: 'merge-started', runId: first.runId, pass: first.pass };
}

/** Shards that nobody is left to tell of: the target is asked, many at once. */
function askTarget(state: ManagerState): Decision | undefined {
  if (state.tokenNext >= state.tokensReserved) return undefined;
  for (const { fanOut } of state.open.values()) {
    if (fanOut.unsure === fanOut.asked.size) continue;
    const shards: number[] = [];
    for (let shard = 0; shard < fanOut.count && shards.length < MOST_ASKED; shard++) {
      if (fanOut.state[shard] === UNSURE && !fanOut.asked.has(shard)) shards.push(shard);
    }
    return { type: 'settle-asked', fanOut: fanOut.id, token: state.tokenNext, shards };
  }
  return undefined;
}

const MOST_ASKED = 1_024;

/** In how many ms the clock alone makes something due: the loop looks again then. Infinity when nothing is. */
export function nextDueInMs(state: ManagerState, nowMs: number, steadyMs: number): number {
  let due = Number.POSITIVE_INFINITY;
  for (const one of state.executors.values()) {
    if (one.state !== 'connected' && one.state !== 'draining') continue;
    due = Math.min(due, one.heardAtMs + state.settings.leaseMs - steadyMs);
    if (one.disconnectedMs !== null) due = Math.min(due, one.disconnectedMs + state.settings.reconnectMs - steadyMs);
  }
  for (const { fanOut } of state.open.values()) for (const at of fanOut.delayed.values()) due = Math.min(due, at - nowMs);
  return Number.isNaN(due) ? 0 : due;
}
