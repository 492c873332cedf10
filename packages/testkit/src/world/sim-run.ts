/** Runs for the simulated world, and the plans that their executors find. */
import type { Input, ResultsEvent, TagVerdict } from '@tagmill/manager/core/events';
import type { Run } from '@tagmill/manager/core/run';
import type { PinnedRule, RunSpec, TaskSpec } from '@tagmill/manager/core/run-spec';
import type { PlanResult } from '@tagmill/shared/job';
import type { Prng } from '@tagmill/shared/prng';

/** The largest that runs get; a world that shrinks makes them smaller. */
export interface RunLimits {
  readonly shards: number;
  readonly tags: number;
  /** Tags have policies, and the check holds some of them. */
  readonly policies: boolean;
}

export const RUN_LIMITS: RunLimits = { shards: 24, tags: 6, policies: false };

/** Mostly tag runs with a few tags; now and then a noop run with many tiny shards. */
export function simRun(prng: Prng, nowMs: number, number: number, limits: RunLimits = RUN_LIMITS): RunSpec {
  const base = {
    id: `run-${number}`,
    who: 'somebody',
    createdAtMs: nowMs,
    timeZone: 'UTC',
    asOf: null,
    businessDate: '2026-11-22',
    users: null,
    days: null,
    rules: [],
  };
  if (prng.chance(0.2)) {
    const task = {
      name: 'noop',
      title: 'noop',
      handler: 'noop',
      tagId: null,
      domain: null,
      gate: 'auto',
      shards: Math.min(prng.between(1, 3_000), limits.shards * 125),
    } as const;
    return {
      ...base,
      mode: 'noop',
      shardRows: 1,
      tables: null,
      tasks: [task, reportTask],
      edges: [{ from: 'noop', to: 'report', kind: 'end' }],
    };
  }
  const tags = Array.from(
    { length: Math.min(prng.between(1, RUN_LIMITS.tags), limits.tags) },
    (_, i): TaskSpec => ({
      name: `tag-${i + 1}`,
      title: `tag ${i + 1}`,
      handler: 'tag',
      tagId: i + 1,
      domain: 'other',
      gate: prng.chance(0.2) ? 'manual' : 'auto',
    }),
  );
  return {
    ...base,
    mode: 'task-all',
    rules: limits.policies ? tags.map(({ tagId }) => strictRule(prng, tagId ?? 0)) : [],
    // The simulated plan cuts as many shards as this says.
    shardRows: Math.min(prng.between(1, RUN_LIMITS.shards), limits.shards),
    tables: { kind: 'folder', path: '/sim' },
    tasks: [{ name: 'plan', title: 'plan', handler: 'plan', tagId: null, domain: null, gate: 'auto' }, ...tags, reportTask],
    edges: tags.flatMap((tag) => [
      { from: 'plan', to: tag.name, kind: 'success' as const },
      { from: tag.name, to: 'report', kind: 'end' as const },
    ]),
  };
}

/** What executors then count of a shard: some are beyond the limits below, in some runs by their size alone. */
export const countsOf = (shard: number) => [1, 2, 3].map((tagId) => ({ tagId, evaluated: 10, matched: tagId * shard, unknown: shard % 3 }));

const strictRule = (prng: Prng, tagId: number): PinnedRule => ({
  tagId,
  name: `tag ${tagId}`,
  ruleJson: '{}',
  policy: {
    unknown: 'keep',
    ...(prng.chance(0.4) ? { maxUnknownShare: 0.09 } : {}),
    ...(prng.chance(0.6) ? { maxMove: 0.3 } : {}),
  },
  requiredFields: [],
  readsTables: [],
  onlyUsers: [],
  onlyMatches: [],
});

const reportTask: TaskSpec = { name: 'report', title: 'report', handler: 'report', tagId: null, domain: null, gate: 'auto' };

/** Every third tag reads table t1 too; tag 6's rule is broken. */
export function planFor(run: Run, event: ResultsEvent): Input {
  const { spec } = run;
  const plan: PlanResult = {
    businessDate: '2026-11-22',
    tables: [],
    faults: [],
    catalog: { fields: [] },
    keyType: 'string',
    cuts: Array.from({ length: spec.shardRows - 1 }, (_, i) => String(i)),
    usersEstimate: spec.shardRows,
    bytesRead: 0,
    notes: [],
  };
  const tags = run
    .allTasks()
    .filter((task) => task.tagId !== null)
    .map((task): TagVerdict => verdict(task.tagId ?? 0));
  return {
    type: 'plan-found',
    fanOut: event.fanOut,
    token: event.tokens[0] ?? 0,
    executor: event.executor,
    plan,
    clock: { asOf: '2026-11-22T23:59:59.999999Z', today: '2026-11-22', zone: 'UTC' },
    users: { kind: 'all' },
    tags,
  };
}

function verdict(tagId: number): TagVerdict {
  if (tagId === 6) return { tagId, ok: false, code: 'OPERATOR_UNKNOWN', message: 'broken on purpose' };
  const reads = tagId % 3 === 0 ? ['t1', 't2'] : ['t2'];
  return {
    tagId,
    ok: true,
    tag: {
      tagId,
      name: `tag ${tagId}`,
      rule: { logic: 'AND', conditions: [] },
      reads,
      onlyUsers: [],
      onlyMatches: [],
      reason: '',
      ruleVersion: 1,
    },
  };
}
