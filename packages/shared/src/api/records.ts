/** Records of the live feed as REST gives them: the same names, the same values. */
import { z } from 'zod';
import type { AttemptRecord, EdgeRecord, ExecutorRecord, InstanceRecord, RunRecord, ShardsRecord, StoryRecord } from '../feed/views.ts';
import { BREACH_LIMITS, type TagBreach } from '../tag-policy.ts';
import { ACTIONS, DOMAINS, HANDLERS, INSTANCE_STATES, RUN_STATES, STEPS } from '../words.ts';
import { list } from './common.ts';

const count = z.int().min(0);
const atMs = z.number().describe('ms since 1970');
const orNull = <T extends z.ZodType>(schema: T) => schema.nullable();

export const runRecord = z
  .object({
    id: z.string(),
    state: z.enum(RUN_STATES),
    mode: z.string(),
    businessDate: orNull(z.string()),
    asOf: orNull(z.string()),
    timeZone: z.string(),
    createdAtMs: atMs,
    startedAtMs: orNull(atMs),
    endedAtMs: orNull(atMs),
    queuePlace: orNull(z.int()).describe('1 is next; null when it does not wait.'),
    counts: z.record(z.enum(INSTANCE_STATES), count),
    held: count,
    message: orNull(z.string()),
    who: z.string(),
  })
  .meta({ id: 'Run' }) satisfies z.ZodType<RunRecord>;

export const exceededLimits = list(z.object({ limit: z.enum(BREACH_LIMITS), allowed: z.number(), actual: z.number() })).describe(
  'Shares: 0.5 is a half.',
);

const tagBreach = z.object({
  evaluated: count,
  matched: count,
  unknown: count,
  before: orNull(count).describe('Matched by the last successful run with the same rule.'),
  beforeRun: orNull(z.string()),
  exceeded: exceededLimits,
  releasedBy: orNull(z.string()),
}) satisfies z.ZodType<TagBreach>;

export const instanceRecord = z
  .object({
    id: z.string(),
    name: z.string(),
    handler: z.enum(HANDLERS),
    tagId: orNull(z.int()),
    domain: orNull(z.enum(DOMAINS)),
    state: z.enum(INSTANCE_STATES),
    held: z.boolean(),
    gate: z.enum(['auto', 'manual']),
    step: orNull(z.enum(STEPS)),
    shardsTotal: count,
    shardsDone: count,
    shardsRunning: count,
    shardsFailed: count,
    reason: orNull(z.string()),
    errorCode: orNull(z.string()),
    startedAtMs: orNull(atMs),
    endedAtMs: orNull(atMs),
    matched: orNull(count),
    unknown: orNull(count),
    entered: orNull(count),
    exited: orNull(count),
    pass: orNull(z.int()),
    breach: orNull(tagBreach).describe('The check has held it: what was counted, and which limits of its policy that is beyond.'),
    refusals: z.record(z.enum(ACTIONS), orNull(z.string())).describe('Null: the action is allowed now; else why it is not.'),
  })
  .meta({ id: 'Instance' }) satisfies z.ZodType<InstanceRecord>;

export const edgeRecord = z.object({ from: z.string(), to: z.string() }).meta({ id: 'Edge' }) satisfies z.ZodType<EdgeRecord>;

const shardState = z.enum(['waiting', 'running', 'done', 'failed']);
export const shardsRecord = z
  .object({
    step: orNull(z.enum(STEPS)),
    total: count,
    ranges: list(z.tuple([count, count, shardState]).readonly()).describe('Runs of equal state: first shard, count, state.'),
  })
  .meta({ id: 'Shards' }) satisfies z.ZodType<ShardsRecord>;

export const attemptRecord = z
  .object({
    step: z.enum(STEPS),
    shard: count,
    attempt: count,
    executor: z.string(),
    token: z.number(),
    startedAtMs: atMs,
    endedAtMs: orNull(atMs),
    outcome: z.enum(['running', 'done', 'failed', 'lost', 'stopped']),
    message: orNull(z.string()),
  })
  .meta({ id: 'Attempt' }) satisfies z.ZodType<AttemptRecord>;

export const storyRecord = z
  .object({ atMs, text: z.string(), who: orNull(z.string()) })
  .meta({ id: 'StoryLine' }) satisfies z.ZodType<StoryRecord>;

export const executorRecord = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['connected', 'silent', 'draining', 'gone']),
    slots: count,
    slotsUsed: count,
    version: z.string(),
    labels: z.record(z.string(), z.string()),
    joinedAtMs: atMs,
    lastHeardAtMs: atMs,
    cpuPercent: orNull(z.number()),
    memoryBytes: orNull(z.number()),
    loopLagMs: orNull(z.number()),
    shardsDone: count,
    shardsFailed: count,
  })
  .meta({ id: 'Executor' }) satisfies z.ZodType<ExecutorRecord>;
