/** The tag system's five routes: paths and bodies of the source documents, kept. */
import { z } from 'zod';
import { asOf, businessDate, days, instant, list, tagIds, userIds } from './common.ts';

export const TRIGGER_MODES = ['full', 'incremental'] as const;

/** Body of `POST /api/v1/tags/trigger`. A client in Python sends null for what it leaves out. */
export const triggerBody = z
  .strictObject({
    tag_ids: tagIds,
    user_ids: userIds.nullish(),
    mode: z.enum(TRIGGER_MODES).nullish().describe('`full` when left out.'),
    business_date: businessDate.nullish(),
    as_of: asOf.nullish(),
    days: days.nullish().describe('`incremental` only; 1 when left out.'),
  })
  .superRefine((body, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    const incremental = body.mode === 'incremental';
    if (incremental && body.user_ids != null) refuse('user_ids', 'mode incremental chooses the users itself; leave it out');
    if (!incremental && body.days != null) refuse('days', 'only mode incremental takes it');
  })
  .meta({ id: 'Trigger' });
export type TriggerBody = z.infer<typeof triggerBody>;

export const triggerAnswer = z
  .object({
    success: z.literal(true),
    task_id: z.string().describe('The id of the run.'),
    message: z.string(),
    data: z.object({
      tag_ids: list(z.int()),
      user_ids: list(z.string()).nullable(),
      mode: z.enum(TRIGGER_MODES),
      environment: z.string(),
      submitted_at: instant,
    }),
  })
  .meta({ id: 'TriggerAnswer' });

const taskResult = z.object({
  total_users: z.int(),
  message: z.string(),
  failed_tags: list(z.object({ tag_id: z.int(), tag_name: z.string(), code: z.string(), message: z.string() })),
});

export const taskStatus = z
  .object({
    task_id: z.string(),
    tag_ids: list(z.int()),
    status: z.enum(['submitted', 'running', 'completed', 'failed']),
    submitted_at: instant,
    started_at: instant.nullable(),
    completed_at: instant.nullable(),
    queue_place: z.int().nullable().describe('1 is next; null when it does not wait.'),
    result: taskResult.nullable().describe('Once it has ended. A partial run is completed, with its failed tags here.'),
    error: z.string().nullable(),
  })
  .meta({ id: 'TaskStatus' });
export type TaskStatus = z.infer<typeof taskStatus>;

export const taskStatusAnswer = z
  .object({ success: z.literal(true), task_id: z.string(), status: taskStatus })
  .meta({ id: 'TaskStatusAnswer' });

export const taskList = z
  .object({ success: z.literal(true), tasks: list(taskStatus), total: z.int(), next_cursor: z.string().nullable() })
  .meta({ id: 'TaskList' });

export const availableTags = z
  .object({
    success: z.literal(true),
    tags: list(
      z.object({
        tag_id: z.int(),
        tag_name: z.string(),
        tag_category: z.string(),
        domain: z.string(),
        description: z.string(),
        is_active: z.boolean(),
        task: z.string().nullable().describe('File of its task class, when it has one.'),
      }),
    ),
    total: z.int(),
  })
  .meta({ id: 'AvailableTags' });
