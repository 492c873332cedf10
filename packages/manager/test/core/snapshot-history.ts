/** Random histories of a manager: everything that can happen, drawn from numbers, with what was applied written down. */
import { Prng } from '@tagmill/shared/prng';
import { ACTIONS, DOWNSTREAM_POLICIES } from '@tagmill/shared/words';
import { apply } from '../../src/core/apply.ts';
import { decide } from '../../src/core/decide.ts';
import type { Effect } from '../../src/core/effects.ts';
import type { HeldAttempts, Input, Stamped } from '../../src/core/events.ts';
import { LEASED } from '../../src/core/fan-out.ts';
import type { PinnedRule, RunSpec } from '../../src/core/run-spec.ts';
import { DEFAULT_SETTINGS, emptyState, type ManagerState } from '../../src/core/state.ts';
import { runOf } from './bench-of.ts';

export const SETTINGS = { ...DEFAULT_SETTINGS, maxLosses: 2, maxAttempts: 3, tinyWindow: 16 };

type Dispatch = Extract<Effect, { type: 'dispatch' }>;
type Settle = Extract<Effect, { type: 'settle' }>;

export class History {
  readonly events: Stamped[] = [];
  readonly state: ManagerState = emptyState(SETTINGS);
  private readonly prng: Prng;
  private readonly dispatched: Dispatch[] = [];
  private readonly asked: Settle[] = [];
  private nowMs = 1_000_000;
  private runs = 0;

  constructor(seed: number, steps: number) {
    this.prng = new Prng(seed);
    this.input({ type: 'term-taken', term: 1 });
    this.input({ type: 'tokens-reserved', upTo: 2 ** 36 + 100_000 });
    this.join('e1');
    this.createRun();
    for (let i = 0; i < steps; i++) this.step();
  }

  private input(event: Input): void {
    this.did([{ atMs: this.nowMs, event }], apply(this.state, { atMs: this.nowMs, event }));
    const { decisions, effects } = decide(this.state, this.nowMs, this.nowMs);
    this.did(
      decisions.map((decision) => ({ atMs: this.nowMs, event: decision })),
      effects,
    );
  }

  private did(events: readonly Stamped[], effects: readonly Effect[]): void {
    this.events.push(...events);
    for (const effect of effects) {
      if (effect.type === 'dispatch') this.dispatched.push(effect);
      if (effect.type === 'settle') this.asked.push(effect);
    }
  }

  private step(): void {
    const { prng } = this;
    this.nowMs += prng.chance(0.5) ? 0 : prng.between(1, 900);
    for (const one of this.state.executors.values()) one.heardAtMs = this.nowMs;
    const draw = prng.fraction();
    if (draw < 0.6) this.answer();
    else if (draw < 0.75) this.click();
    else if (draw < 0.8) this.join(`e${prng.between(1, 4)}`);
    else if (draw < 0.84) this.lose();
    else if (draw < 0.87) this.createRun();
    else if (draw < 0.89) this.input({ type: 'executor-draining', id: `e${prng.between(1, 4)}` });
    else if (draw < 0.97) this.settle();
    else this.input({ type: 'term-taken', term: this.state.term + 1 });
  }

  private createRun(): void {
    this.runs += 1;
    const id = `run-${this.runs}`;
    if (this.prng.chance(0.3)) this.input({ type: 'run-created', spec: noopRun(id, this.prng.between(1, 40)) });
    else {
      const spec = runOf(id, this.prng.between(1, 4), this.prng.between(1, 5), gates(this.prng));
      this.input({ type: 'run-created', spec: this.prng.chance(0.3) ? { ...spec, rules: [strictRule] } : spec });
    }
  }

  private join(id: string): void {
    const known = this.state.executors.get(id);
    const again = known !== undefined && this.prng.chance(0.5);
    this.input({
      type: 'executor-joined',
      id,
      name: `name of ${id}`,
      instance: again ? known.instance : `${id}-${this.nowMs}`,
      slots: 3,
      version: `v${this.prng.between(1, 2)}`,
      labels: this.prng.chance(0.5) ? {} : { zone: 'a' },
      held: again ? this.heldBy(known.number) : [],
    });
  }

  /** What an executor says that it holds: some of its leases, and now and then one that the journal lost. */
  private heldBy(number: number): HeldAttempts[] {
    return [...this.state.open.values()].map(({ fanOut }) => {
      const shards = Array.from({ length: fanOut.count }, (_, shard) => shard).filter(
        (shard) => fanOut.executor[shard] === number + 1 && fanOut.state[shard] === LEASED && this.prng.chance(0.7),
      );
      const tokens = shards.map((shard) => fanOut.token[shard]!);
      if (!this.prng.chance(0.3)) return { fanOut: fanOut.id, shards, tokens };
      const lost = this.prng.between(0, fanOut.count - 1);
      return shards.includes(lost)
        ? { fanOut: fanOut.id, shards, tokens }
        : { fanOut: fanOut.id, shards: [...shards, lost], tokens: [...tokens, this.state.tokenNext + 50] };
    });
  }

  private lose(): void {
    const one = this.prng.pick([...this.state.executors.values()]);
    one.disconnectedMs = this.nowMs - SETTINGS.reconnectMs;
    this.input({ type: 'tokens-reserved', upTo: this.state.tokensReserved + 10 });
    this.join('e1');
  }

  private click(): void {
    const runs = [...this.state.runs.values()];
    if (runs.length === 0) return;
    const run = this.prng.pick(runs);
    const names = run
      .allTasks()
      .map((task) => task.name)
      .filter(() => this.prng.chance(0.4));
    this.input({
      type: 'command',
      runId: run.id,
      action: this.prng.chance(0.25) ? 'rollback' : this.prng.pick(ACTIONS),
      names,
      downstream: this.prng.pick(DOWNSTREAM_POLICIES),
      reason: this.prng.chance(0.3) ? '因为 \ud800' : null,
      who: this.prng.pick(['ann', 'bo']),
    });
  }

  /** Some shards of a dispatch, in any order and perhaps not for the first time, end in any way. */
  private answer(): void {
    const dispatch = this.dispatched[this.prng.between(Math.max(0, this.dispatched.length - 6), this.dispatched.length - 1)];
    if (dispatch === undefined) return;
    const { executor, fanOut, step } = dispatch;
    const run = this.state.runs.get(dispatch.runId);
    if (step === 'plan' && run !== undefined && this.prng.chance(0.9)) {
      this.input(planFound(run.spec.shardRows, dispatch));
      return;
    }
    const picked = [...dispatch.shards.keys()].filter(() => this.prng.chance(0.8));
    const tiny = step === 'run';
    const status = picked.map(() => (this.prng.chance(0.85) ? 0 : this.prng.between(1, 2)));
    this.input({
      type: 'results',
      executor,
      fanOut,
      shards: Uint32Array.from(picked, (i) => dispatch.shards[i]!),
      tokens: Float64Array.from(picked, (i) => dispatch.firstToken + i),
      status: Uint8Array.from(status),
      details: tiny ? null : status.map((one, i) => this.detail(dispatch, dispatch.shards[picked[i]!]!, one)),
    });
  }

  private detail({ step, scope }: Dispatch, shard: number, status: number): string {
    if (this.prng.chance(0.03)) return '{"pieceHash":';
    if (status === 0 && step === 'evaluate') {
      const tags = [{ tagId: 1, evaluated: 10, matched: 4, unknown: 1 }];
      return JSON.stringify({ pieceHash: `h${shard}`, users: 10, tags, bytesRead: this.prng.chance(0.01) ? 1.7e308 : 5 });
    }
    if (status === 0) {
      const tags = (scope ?? []).map((tagId) => ({ tagId, entered: 4, exited: 1 }));
      return JSON.stringify({ inserted: 4, updated: 1, unchanged: 6, tags, conflicts: ['u'], unreadableRows: 1, bytesRead: 3 });
    }
    const failures = [
      { code: 'S3_UNAVAILABLE', message: 'gone' },
      { code: 'TABLE_UNREADABLE', message: 'broken', table: 't3' },
      { code: 'RULE_INVALID', message: 'broken', tagId: 2 },
      { code: 'WORKER_DIED', message: 'killed' },
      { code: 'INPUT_CHANGED', message: 'changed' },
    ];
    return this.prng.chance(0.1) ? '' : JSON.stringify(this.prng.chance(0.5) ? failures[0] : this.prng.pick(failures));
  }

  private settle(): void {
    const asked = this.asked.at(-1);
    if (asked === undefined) return;
    const { fanOut, token, shards, scope } = asked;
    const found = { inserted: 1, updated: 0, unchanged: 0, tags: [], conflicts: [], unreadableRows: 0, bytesRead: 0, scope };
    const results = shards.map(() => (this.prng.chance(0.5) ? JSON.stringify(found) : null));
    this.input({ type: 'settled', fanOut, token, shards, results });
  }
}

const gates = (prng: Prng): Readonly<Record<number, 'manual'>> => (prng.chance(0.3) ? { 1: 'manual' } : {});

/** The check holds its tag: some users are always UNKNOWN. */
const strictRule: PinnedRule = {
  tagId: 1,
  name: 'tag 1',
  ruleJson: '{}',
  policy: { unknown: 'keep', maxUnknownShare: 0.05, maxMove: 0.5 },
  requiredFields: [],
  readsTables: [],
  onlyUsers: [],
  onlyMatches: [],
};

const noopRun = (id: string, shards: number): RunSpec => ({
  ...runOf(id, 0, 1),
  mode: 'noop',
  tables: null,
  tasks: [
    { name: 'noop', title: '空', handler: 'noop', tagId: null, domain: null, gate: 'auto', shards },
    { name: 'report', title: 'report', handler: 'report', tagId: null, domain: null, gate: 'auto' },
  ],
  edges: [{ from: 'noop', to: 'report', kind: 'end' }],
});

function planFound(shards: number, { fanOut, firstToken, executor }: Dispatch): Input {
  const broken = { tagId: 4, ok: false, code: 'OPERATOR_UNKNOWN', message: 'unknown operator' } as const;
  const tags = [1, 2, 3].map((tagId) => ({ tagId, ok: true, tag: tagOf(tagId) }) as const);
  return {
    type: 'plan-found',
    fanOut,
    token: firstToken,
    executor,
    plan: {
      businessDate: '2026-11-22',
      tables: [],
      faults: [],
      catalog: { fields: [] },
      keyType: 'string',
      cuts: Array.from({ length: shards - 1 }, (_, i) => String(i)),
      usersEstimate: 1,
      bytesRead: 1,
      notes: ['a note'],
    },
    clock: { asOf: '2026-11-22T23:59:59.999999Z', today: '2026-11-22', zone: 'UTC' },
    users: { kind: 'all' },
    tags: [...tags, broken],
  };
}

const tagOf = (tagId: number) => ({
  tagId,
  name: `tag ${tagId}`,
  // Some read the state of another.
  rule:
    tagId % 2 === 0
      ? { kind: 'tag' as const, operator: 'has_tag', tag: '1', missing: 'unknown' as const }
      : { logic: 'AND' as const, conditions: [] },
  reads: tagId === 3 ? ['t3'] : ['t1'],
  onlyUsers: [],
  onlyMatches: [],
  reason: '',
  ruleVersion: 1,
});

/** What histories must come by, so that a test of them means something. */
export const WANTED = [
  'queued',
  'merging',
  'plan',
  'tags',
  'noop',
  'rollback',
  'waiting-target',
  'draining',
  'over',
  'leaving',
  'left',
  'undone',
  'scopes',
  'history',
  'totals',
  'delayed',
  'returned',
  'unsure',
  'retired',
  'refused tags',
  'errors',
  'run error',
  'held',
  'breaches',
] as const;

/** Which of them a state has. */
export function* reached(state: ManagerState): Generator<(typeof WANTED)[number]> {
  if (state.queue.length > 0) yield 'queued';
  if (state.merging !== null) yield 'merging';
  for (const run of state.runs.values()) {
    if (run.refusedTags.size > 0) yield 'refused tags';
    if (run.errors.size > 0) yield 'errors';
    if (run.error !== null) yield 'run error';
    if (run.held > 0) yield 'held';
    if (run.breaches.size > 0) yield 'breaches';
    for (const { kind, phase, history, totals, leaving, left, undone, scopes, fanOut } of run.passes) {
      yield kind;
      if (phase !== 'working') yield phase;
      if (leaving.size > 0) yield 'leaving';
      if (left.size > 0) yield 'left';
      if (undone.size > 0) yield 'undone';
      if (scopes.length > 1) yield 'scopes';
      if (history.length > 0) yield 'history';
      if (totals.size > 0) yield 'totals';
      if (fanOut === null) continue;
      if (fanOut.delayed.size > 0) yield 'delayed';
      if (fanOut.queue.returned.length > 0) yield 'returned';
      if (fanOut.unsure > 0) yield 'unsure';
      if (fanOut.retired) yield 'retired';
    }
  }
}

/** A few states that have all of them, as a replay leaves them: it wakes no shard that is delayed. */
export function variedStates(): ManagerState[] {
  const missing = new Set<string>(WANTED);
  const states: ManagerState[] = [];
  for (let seed = 0; missing.size > 0 && seed < 200; seed++) {
    const { events } = new History(seed, 120);
    const state = emptyState(SETTINGS);
    for (const [i, event] of events.entries()) {
      apply(state, event);
      const found = [...reached(state)].filter((name) => missing.has(name));
      // Not for what everything has: a later state has that too, and more.
      if (found.length === 0 || i < 30) continue;
      for (const name of found) missing.delete(name);
      states.push(replayed(events.slice(0, i + 1)));
    }
  }
  if (missing.size > 0) throw new Error(`no history came by ${[...missing].join(', ')}`);
  return states;
}

export function replayed(events: readonly Stamped[], state: ManagerState = emptyState(SETTINGS)): ManagerState {
  for (const event of events) apply(state, event);
  return state;
}
