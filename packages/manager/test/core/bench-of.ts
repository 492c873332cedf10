/** A bench for the core: a state, a clock, and words for what happens, so that tests read as stories. */
import type { Action, DownstreamPolicy, InstanceState } from '@tagmill/shared/words';
import { apply } from '../../src/core/apply.ts';
import { decide } from '../../src/core/decide.ts';
import type { Effect } from '../../src/core/effects.ts';
import type { HeldAttempts, Input, TagVerdict } from '../../src/core/events.ts';
import { brokenInvariants } from '../../src/core/invariants.ts';
import type { Run } from '../../src/core/run.ts';
import type { RunSpec, TaskSpec } from '../../src/core/run-spec.ts';
import { emptyState, type ManagerState } from '../../src/core/state.ts';

type Dispatch = Extract<Effect, { type: 'dispatch' }>;

export class Bench {
  readonly state: ManagerState = emptyState();
  /** The monotonic clock, and how far the wall clock is before it. */
  nowMs = 1_000;
  wallMs = 0;
  readonly sent: Effect[] = [];

  constructor() {
    this.input({ type: 'term-taken', term: 1 });
    this.input({ type: 'tokens-reserved', upTo: 2 ** 40 });
  }

  input(event: Input): Effect[] {
    const effects = apply(this.state, { atMs: this.nowMs + this.wallMs, event });
    this.sent.push(...effects);
    return [...effects, ...this.decide()];
  }

  decide(): Effect[] {
    const { effects } = decide(this.state, this.nowMs + this.wallMs, this.nowMs);
    this.sent.push(...effects);
    const broken = brokenInvariants(this.state);
    if (broken.length > 0) throw new Error(broken.join('\n'));
    return [...effects];
  }

  wait(ms: number): Effect[] {
    this.nowMs += ms;
    return this.decide();
  }

  join(id: string, slots = 2, instance = `${id}-1`, held: readonly HeldAttempts[] = []): Effect[] {
    return this.input({ type: 'executor-joined', id, name: id, instance, slots, version: 'test', labels: {}, held });
  }

  hear(...ids: string[]): void {
    for (const id of ids) this.state.executors.get(id)!.heardAtMs = this.nowMs;
  }

  run(tags: number, shards: number, gates: Readonly<Record<number, 'manual'>> = {}): Run {
    const spec = runOf(`run-${this.state.runs.size + 1}`, tags, shards, gates);
    this.input({ type: 'run-created', spec });
    return this.state.runs.get(spec.id)!;
  }

  /** Answers the plan's dispatch; `broken` tags are refused by the check. */
  plan(run: Run, broken: readonly number[] = []): Effect[] {
    const dispatch = this.lastDispatch(run, 'plan');
    return this.input({
      type: 'plan-found',
      fanOut: dispatch.fanOut,
      token: dispatch.firstToken,
      executor: dispatch.executor,
      plan: {
        businessDate: '2026-11-22',
        tables: [],
        faults: [],
        catalog: { fields: [] },
        keyType: 'string',
        cuts: Array.from({ length: run.spec.shardRows - 1 }, (_, i) => String(i)),
        usersEstimate: 1,
        bytesRead: 1,
        notes: [],
      },
      clock: { asOf: '2026-11-22T23:59:59.999999Z', today: '2026-11-22', zone: 'UTC' },
      users: { kind: 'all' },
      tags: run
        .allTasks()
        .filter((task) => task.tagId !== null)
        .map((task): TagVerdict => verdict(task.tagId!, broken)),
    });
  }

  /** Dispatches of a step whose shards are still leased under their token. */
  open(run: Run, step: string): { dispatch: Dispatch; shard: number; token: number }[] {
    const found: { dispatch: Dispatch; shard: number; token: number }[] = [];
    for (const effect of this.sent) {
      if (effect.type !== 'dispatch' || effect.runId !== run.id || effect.step !== step) continue;
      const place = this.state.open.get(effect.fanOut);
      effect.shards.forEach((shard, i) => {
        const token = effect.firstToken + i;
        if (place?.fanOut.state[shard] === 1 && place.fanOut.token[shard] === token) found.push({ dispatch: effect, shard, token });
      });
    }
    return found;
  }

  finish(one: { dispatch: Dispatch; shard: number; token: number }, status = 0, detail?: object): Effect[] {
    const done = one.dispatch.step === 'evaluate' ? evaluated(one.shard) : merged(one.dispatch.scope ?? []);
    return this.input({
      type: 'results',
      executor: one.dispatch.executor,
      fanOut: one.dispatch.fanOut,
      shards: Uint32Array.of(one.shard),
      tokens: Float64Array.of(one.token),
      status: Uint8Array.of(status),
      details: [JSON.stringify(detail ?? done)],
    });
  }

  /** Finishes every shard of a step, those leased later too. */
  finishAll(run: Run, step: string): void {
    for (let open = this.open(run, step); open.length > 0; open = this.open(run, step)) for (const one of open) this.finish(one);
  }

  act(run: Run, action: Action, names: readonly string[], downstream: DownstreamPolicy = 'as-success'): Effect[] {
    return this.input({ type: 'command', runId: run.id, action, names, downstream, reason: null, who: 'ann' });
  }

  states(run: Run): Record<string, InstanceState> {
    return Object.fromEntries(run.allTasks().map((task, row) => [task.name, run.stateAt(row)]));
  }

  private lastDispatch(run: Run, step: string): Dispatch {
    const found = this.sent.findLast(
      (effect): effect is Dispatch => effect.type === 'dispatch' && effect.runId === run.id && effect.step === step,
    );
    if (found === undefined) throw new Error(`no ${step} of ${run.id} was dispatched`);
    return found;
  }
}

const verdict = (tagId: number, broken: readonly number[]): TagVerdict =>
  broken.includes(tagId)
    ? { tagId, ok: false, code: 'OPERATOR_UNKNOWN', message: 'unknown operator' }
    : {
        tagId,
        ok: true,
        tag: {
          tagId,
          name: `tag ${tagId}`,
          rule: { logic: 'AND', conditions: [] },
          reads: tagId === 3 ? ['t3'] : ['t1'],
          onlyUsers: [],
          onlyMatches: [],
          reason: '',
          ruleVersion: 1,
        },
      };

const evaluated = (shard: number) => ({
  pieceHash: `h${shard}`,
  users: 10,
  tags: [{ tagId: 1, evaluated: 10, matched: 4, unknown: 1 }],
  bytesRead: 5,
  castErrors: 0,
  durationMs: 1,
});
const merged = (scope: readonly number[]) => ({
  inserted: 4,
  updated: 0,
  unchanged: 6,
  tags: scope.map((tagId) => ({ tagId, entered: 4, exited: 0 })),
  conflicts: [],
  unreadableRows: 0,
  bytesRead: 0,
  durationMs: 1,
});

export function runOf(id: string, tags: number, shards: number, gates: Readonly<Record<number, 'manual'>> = {}): RunSpec {
  const tasks = Array.from(
    { length: tags },
    (_, i): TaskSpec => ({
      name: `tag-${i + 1}`,
      title: `tag ${i + 1}`,
      handler: 'tag',
      tagId: i + 1,
      domain: 'other',
      gate: gates[i + 1] ?? 'auto',
    }),
  );
  const system = (name: 'plan' | 'report'): TaskSpec => ({ name, title: name, handler: name, tagId: null, domain: null, gate: 'auto' });
  return {
    id,
    mode: 'task-all',
    who: 'ann',
    createdAtMs: 0,
    timeZone: 'UTC',
    asOf: null,
    businessDate: null,
    shardRows: shards,
    tables: { kind: 'folder', path: '/tables' },
    users: null,
    days: null,
    rules: [],
    tasks: [system('plan'), ...tasks, system('report')],
    edges: tasks.flatMap((task) => [
      { from: 'plan', to: task.name, kind: 'success' as const },
      { from: task.name, to: 'report', kind: 'end' as const },
    ]),
  };
}
