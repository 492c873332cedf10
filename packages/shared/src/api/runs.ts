/** Runs: create, list, look at, act on their instances. */
import { z } from 'zod';
import type { ActionAnswer } from '../feed/views.ts';
import { LIMITS } from '../limits.ts';
import { ACTIONS, DOWNSTREAM_POLICIES, INSTANCE_STATES } from '../words.ts';
import { asOf, businessDate, days, list, tagIds, timeZone, userIds } from './common.ts';
import { attemptRecord, edgeRecord, exceededLimits, instanceRecord, runRecord, shardsRecord, storyRecord } from './records.ts';
import type { RunReport } from './report.ts';

export const RUN_MODES = ['task-all', 'task-tags', 'task-users', 'incremental', 'noop'] as const;
export type RunMode = (typeof RUN_MODES)[number];

type ModeField = 'tag_ids' | 'user_ids' | 'days' | 'shards';

/** Which fields a mode needs, and which it also takes. */
const MODE_FIELDS: Readonly<Record<RunMode, { readonly needs: readonly ModeField[]; readonly takes: readonly ModeField[] }>> = {
  'task-all': { needs: [], takes: [] },
  'task-tags': { needs: ['tag_ids'], takes: [] },
  'task-users': { needs: ['user_ids'], takes: ['tag_ids'] },
  incremental: { needs: ['days'], takes: ['tag_ids'] },
  noop: { needs: [], takes: ['shards'] },
};
const CHECKED: readonly ModeField[] = ['tag_ids', 'user_ids', 'days', 'shards'];

/** Body of `POST /api/v1/runs`. */
export const createRunBody = z
  .strictObject({
    mode: z.enum(RUN_MODES),
    tag_ids: tagIds.optional(),
    user_ids: userIds.optional(),
    days: days.optional(),
    business_date: businessDate.optional(),
    as_of: asOf.optional(),
    time_zone: timeZone.optional(),
    shard_rows: z.int().min(1).max(100_000_000).optional().describe('Users in a shard, about.'),
    shards: z.int().min(1).max(LIMITS.shardsPerPass).optional().describe('`noop` only: shards to run.'),
  })
  .superRefine((body, context) => {
    const { needs, takes } = MODE_FIELDS[body.mode];
    for (const field of CHECKED) {
      const given = body[field] !== undefined;
      if (needs.includes(field) && !given) context.addIssue({ code: 'custom', path: [field], message: `mode ${body.mode} needs it` });
      if (given && !needs.includes(field) && !takes.includes(field)) {
        context.addIssue({ code: 'custom', path: [field], message: `mode ${body.mode} does not take it` });
      }
    }
  })
  .meta({ id: 'CreateRun' });
export type CreateRunBody = z.infer<typeof createRunBody>;

export const createRunAnswer = z.object({ run_id: z.string() }).meta({ id: 'RunCreated' });

/** Newest first; the cursor is opaque. */
export const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LIMITS.finishedRuns).default(50),
  cursor: z.string().max(200).optional().describe('`next_cursor` of the page before.'),
});

export const runList = z.object({ runs: list(runRecord), next_cursor: z.string().nullable() }).meta({ id: 'RunList' });

export const runGraph = z.object({ run: runRecord, instances: list(instanceRecord), edges: list(edgeRecord) }).meta({ id: 'RunGraph' });

export const instanceDetail = z
  .object({
    instance: instanceRecord,
    shards: shardsRecord.nullable(),
    attempts: list(attemptRecord),
    story: list(storyRecord),
  })
  .meta({ id: 'InstanceDetail' });

const tagReport = z.object({
  tag_id: z.int(),
  name: z.string(),
  state: z.enum(['succeeded', 'failed', 'skipped', 'stopped', 'held']),
  matched: z.int(),
  unknown: z.int(),
  entered: z.int(),
  exited: z.int(),
  error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
  breach: z
    .object({
      message: z.string(),
      exceeded: exceededLimits,
      evaluated: z.int(),
      matched: z.int(),
      unknown: z.int(),
      before: z.int().nullable(),
      before_run: z.string().nullable(),
      released_by: z.string().nullable(),
    })
    .exactOptional()
    .describe('It was held at the check; nothing of it is written until it is released.'),
});

export const runReport = z
  .object({
    run_id: z.string(),
    state: z.enum(['succeeded', 'partial', 'failed', 'queued', 'running']),
    business_date: z.string().nullable(),
    as_of: z.string().nullable(),
    as_of_instant: z.string().nullable(),
    time_zone: z.string(),
    tags: list(tagReport),
    users: z.object({ evaluated: z.int(), inserted: z.int(), updated: z.int(), unchanged: z.int() }),
    shards: z.object({ total: z.int(), attempts: z.int() }),
    bytes_read: z.number(),
    duration_ms: z.object({ total: z.number(), plan: z.number(), evaluate: z.number(), check: z.number(), merge: z.number() }),
    error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
    notes: list(z.string()),
  })
  .meta({ id: 'RunReport' }) satisfies z.ZodType<RunReport>;

/** Body of `POST /api/v1/runs/{run_id}/actions`: `selection` or `filter`, one of them. */
export const actionBody = z
  .strictObject({
    action: z.enum(ACTIONS),
    selection: z.array(z.string().min(1).max(512)).min(1).max(100_000).exactOptional().describe('Instance ids.'),
    filter: z
      .strictObject({ states: z.array(z.enum(INSTANCE_STATES)).min(1).exactOptional(), held: z.boolean().exactOptional() })
      .exactOptional(),
    downstream: z.enum(DOWNSTREAM_POLICIES).exactOptional(),
    reason: z.string().max(1_000).exactOptional(),
    dry_run: z.boolean().exactOptional().describe('Changes nothing and answers what would be touched.'),
    preview_seq: z.string().max(200).exactOptional().describe('Of the preview; refused with PREVIEW_STALE when the set has changed since.'),
  })
  .superRefine((body, context) => {
    if ((body.selection === undefined) === (body.filter === undefined)) {
      context.addIssue({ code: 'custom', path: ['selection'], message: 'give `selection` or `filter`, one of them' });
    }
  })
  .meta({ id: 'ActionRequest' });

export const actionAnswer = z
  .object({
    action: z.enum(ACTIONS),
    dry_run: z.boolean(),
    preview_seq: z.string(),
    affected: list(
      z.object({
        id: z.string(),
        name: z.string(),
        from: z.enum(INSTANCE_STATES),
        to: z.enum(INSTANCE_STATES),
        held: z.boolean(),
        why: z.string(),
      }),
    ),
    refused: list(z.object({ id: z.string(), name: z.string(), sentence: z.string() })),
    effect_on_target: z.string(),
  })
  .meta({ id: 'ActionAnswer' }) satisfies z.ZodType<ActionAnswer>;
