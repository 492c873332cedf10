/**
 * The executor's core, pure: which attempts it holds, which may run, which
 * results wait for their confirmation. No clock, no I/O: the shell says what
 * happened and carries out the effects.
 */
export type AttemptPhase = 'waiting' | 'running' | 'done';

export interface Attempt {
  readonly shard: number;
  readonly token: number;
  readonly attempt: number;
  /** Term and scope of its own lease: later leases of the fan-out may have others. */
  readonly term: number;
  readonly scope: readonly number[];
  phase: AttemptPhase;
  /** Asked to stop: its outcome is reported as stopped unless it had finished. */
  cancelled: boolean;
  status: number;
  detail: string;
}

export interface FanOutWork {
  readonly fanOut: number;
  readonly runId: string;
  readonly pass: number;
  readonly step: string;
  readonly pieceHashes: Map<number, string>;
  readonly attempts: Map<number, Attempt>;
}

export interface ExecutorState {
  readonly slots: number;
  lineage: string;
  /** Highest term that it saw: lower ones are refused. */
  term: number;
  draining: boolean;
  running: number;
  readonly work: Map<number, FanOutWork>;
  refusedDispatches: number;
}

export interface DispatchOrder {
  readonly runId: string;
  readonly pass: number;
  readonly step: string;
  readonly fanOut: number;
  readonly firstToken: number;
  readonly shards: readonly number[];
  readonly attempts: readonly number[];
  readonly scope: readonly number[];
  readonly pieceHashes: readonly string[];
  readonly term: number;
}

export type ExecutorEffect =
  | { readonly type: 'start'; readonly work: FanOutWork; readonly attempt: Attempt }
  /** Tiny shards: the batch as it came. */
  | { readonly type: 'start-tiny'; readonly work: FanOutWork; readonly attempts: readonly Attempt[] }
  | { readonly type: 'abort'; readonly fanOut: number; readonly shard: number; readonly token: number }
  | { readonly type: 'results'; readonly work: FanOutWork; readonly attempts: readonly Attempt[] }
  | { readonly type: 'forget-pass'; readonly runId: string; readonly pass: number }
  | { readonly type: 'idle' };

export const STATUS_DONE = 0;
export const STATUS_FAILED = 1;
export const STATUS_STOPPED = 2;

/** Steps whose shards are tiny: they take no slot and come in batches. */
const TINY_STEP = 'run';

export const newExecutorState = (slots: number): ExecutorState => ({
  slots,
  lineage: '',
  term: 0,
  draining: false,
  running: 0,
  work: new Map(),
  refusedDispatches: 0,
});

/** A new stream was welcomed. Another lineage means another manager's work: all of ours is void, and so are its terms. */
export function welcomed(state: ExecutorState, lineage: string, term: number): ExecutorEffect[] {
  const effects: ExecutorEffect[] = [];
  if (state.lineage !== '' && state.lineage !== lineage) {
    effects.push(...dropAll(state));
    state.term = 0;
  }
  state.lineage = lineage;
  state.term = Math.max(state.term, term);
  for (const work of state.work.values()) {
    const done = [...work.attempts.values()].filter((attempt) => attempt.phase === 'done');
    if (done.length > 0) effects.push({ type: 'results', work, attempts: done });
  }
  return effects;
}

export function dispatched(state: ExecutorState, order: DispatchOrder): ExecutorEffect[] {
  if (order.term < state.term) {
    state.refusedDispatches += order.shards.length;
    return [];
  }
  state.term = order.term;
  const effects: ExecutorEffect[] = [];
  const work = workFor(state, order);
  const fresh: Attempt[] = [];
  for (let i = 0; i < order.shards.length; i++) {
    const shard = order.shards[i]!;
    const token = order.firstToken + i;
    const before = work.attempts.get(shard);
    if (before !== undefined && before.token >= token) continue;
    if (before?.phase === 'running') {
      effects.push({ type: 'abort', fanOut: work.fanOut, shard, token: before.token });
      if (order.step !== TINY_STEP) state.running -= 1;
    }
    const attempt: Attempt = {
      shard,
      token,
      attempt: order.attempts[i] ?? 1,
      term: order.term,
      scope: order.scope,
      phase: 'waiting',
      cancelled: false,
      status: STATUS_DONE,
      detail: '',
    };
    work.attempts.set(shard, attempt);
    if (order.pieceHashes[i] !== undefined) work.pieceHashes.set(shard, order.pieceHashes[i]!);
    fresh.push(attempt);
  }
  if (order.step === TINY_STEP) {
    for (const attempt of fresh) attempt.phase = 'running';
    if (fresh.length > 0) effects.push({ type: 'start-tiny', work, attempts: fresh });
    return effects;
  }
  return [...effects, ...startWaiting(state)];
}

function workFor(state: ExecutorState, order: DispatchOrder): FanOutWork {
  let work = state.work.get(order.fanOut);
  if (work === undefined) {
    const { fanOut, runId, pass, step } = order;
    work = { fanOut, runId, pass, step, pieceHashes: new Map(), attempts: new Map() };
    state.work.set(fanOut, work);
  }
  return work;
}

/** Attempts that wait get the free slots, first come, first served. */
function startWaiting(state: ExecutorState): ExecutorEffect[] {
  const effects: ExecutorEffect[] = [];
  for (const work of state.work.values()) {
    if (work.step === TINY_STEP) continue;
    for (const attempt of work.attempts.values()) {
      if (state.running >= state.slots) return effects;
      if (attempt.phase !== 'waiting') continue;
      attempt.phase = 'running';
      state.running += 1;
      effects.push({ type: 'start', work, attempt });
    }
  }
  return effects;
}

/** An attempt ended. An outcome of an attempt that is not the one held any more changes nothing. */
export function finished(
  state: ExecutorState,
  fanOut: number,
  shard: number,
  token: number,
  status: number,
  detail: string,
): ExecutorEffect[] {
  const work = state.work.get(fanOut);
  const attempt = work?.attempts.get(shard);
  if (work === undefined || attempt === undefined || attempt.token !== token || attempt.phase !== 'running') return [];
  attempt.phase = 'done';
  attempt.status = attempt.cancelled && status === STATUS_FAILED ? STATUS_STOPPED : status;
  attempt.detail = detail;
  state.running -= 1;
  return [{ type: 'results', work, attempts: [attempt] }, ...startWaiting(state), ...idleWhenEmpty(state)];
}

/** A batch of tiny attempts ended, all in the same way. */
export function finishedTiny(
  state: ExecutorState,
  fanOut: number,
  shards: ArrayLike<number>,
  status = STATUS_DONE,
  detail = '',
): ExecutorEffect[] {
  const work = state.work.get(fanOut);
  if (work === undefined) return [];
  const done: Attempt[] = [];
  for (let i = 0; i < shards.length; i++) {
    const attempt = work.attempts.get(shards[i]!);
    if (attempt?.phase !== 'running') continue;
    attempt.phase = 'done';
    attempt.status = status;
    attempt.detail = detail;
    done.push(attempt);
  }
  return done.length === 0 ? [] : [{ type: 'results', work, attempts: done }];
}

/** The manager has these results in its journal. */
export function confirmed(state: ExecutorState, fanOut: number, shards: readonly number[], tokens: readonly number[]): ExecutorEffect[] {
  const work = state.work.get(fanOut);
  if (work === undefined) return [];
  for (let i = 0; i < shards.length; i++) {
    const attempt = work.attempts.get(shards[i]!);
    if (attempt !== undefined && attempt.token === tokens[i] && attempt.phase === 'done') {
      work.attempts.delete(attempt.shard);
      work.pieceHashes.delete(attempt.shard);
    }
  }
  if (work.attempts.size === 0) state.work.delete(fanOut);
  return idleWhenEmpty(state);
}

/** Asked to stop: what waits is stopped at once, what runs is told and reports when it has stopped. */
export function cancelled(state: ExecutorState, fanOut: number, shards: readonly number[], tokens: readonly number[]): ExecutorEffect[] {
  const work = state.work.get(fanOut);
  if (work === undefined) return [];
  const effects: ExecutorEffect[] = [];
  const stopped: Attempt[] = [];
  for (let i = 0; i < shards.length; i++) {
    const attempt = work.attempts.get(shards[i]!);
    if (attempt === undefined || attempt.token !== tokens[i] || attempt.phase === 'done') continue;
    attempt.cancelled = true;
    if (attempt.phase === 'running') effects.push({ type: 'abort', fanOut, shard: attempt.shard, token: attempt.token });
    else {
      attempt.phase = 'done';
      attempt.status = STATUS_STOPPED;
      stopped.push(attempt);
    }
  }
  if (stopped.length > 0) effects.push({ type: 'results', work, attempts: stopped });
  return effects;
}

/**
 * This process slept for too long, so its leases may be another's by now: what
 * waits is given up before anything else is done, what runs is told to stop and
 * reports when it has ended, since until then it may still write. Finished
 * results stay in the outbox: the manager judges all of them by their tokens.
 */
export function leasesLost(state: ExecutorState): ExecutorEffect[] {
  const effects: ExecutorEffect[] = [];
  for (const work of state.work.values()) effects.push(...giveUp(work));
  return effects;
}

function giveUp(work: FanOutWork): ExecutorEffect[] {
  const effects: ExecutorEffect[] = [];
  const given: Attempt[] = [];
  for (const attempt of work.attempts.values()) {
    if (attempt.phase === 'done') continue;
    if (attempt.phase === 'running' && work.step !== TINY_STEP) {
      attempt.cancelled = true;
      effects.push({ type: 'abort', fanOut: work.fanOut, shard: attempt.shard, token: attempt.token });
      continue;
    }
    attempt.phase = 'done';
    attempt.status = STATUS_STOPPED;
    given.push(attempt);
  }
  if (given.length > 0) effects.push({ type: 'results', work, attempts: given });
  return effects;
}

function dropAll(state: ExecutorState): ExecutorEffect[] {
  const effects = leasesLost(state).filter((effect) => effect.type === 'abort');
  state.work.clear();
  state.running = 0;
  return effects;
}

export function passOver(state: ExecutorState, runId: string, pass: number): ExecutorEffect[] {
  const effects: ExecutorEffect[] = [];
  for (const work of [...state.work.values()]) {
    if (work.runId !== runId || work.pass !== pass) continue;
    // An attempt that nobody needs any more: it ends, and is forgotten when the manager has confirmed that.
    effects.push(...giveUp(work).filter((effect) => effect.type === 'abort'));
    for (const attempt of [...work.attempts.values()]) if (attempt.phase === 'done') work.attempts.delete(attempt.shard);
    if (work.attempts.size === 0) state.work.delete(work.fanOut);
  }
  return [...effects, { type: 'forget-pass', runId, pass }, ...idleWhenEmpty(state)];
}

export function drain(state: ExecutorState): ExecutorEffect[] {
  state.draining = true;
  return idleWhenEmpty(state);
}

const idleWhenEmpty = (state: ExecutorState): ExecutorEffect[] => (state.draining && state.work.size === 0 ? [{ type: 'idle' }] : []);

/** Everything held, for Hello: attempts under way and results not confirmed. */
export function held(state: ExecutorState): { readonly fanOut: number; readonly shards: number[]; readonly tokens: number[] }[] {
  return [...state.work.values()].map((work) => ({
    fanOut: work.fanOut,
    shards: [...work.attempts.keys()],
    tokens: [...work.attempts.values()].map((attempt) => attempt.token),
  }));
}
