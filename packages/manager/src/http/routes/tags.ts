import { availableTags, type TriggerBody, triggerAnswer, triggerBody } from '@tagmill/shared/api/tags';
import type { ManagerPort, RunRequest } from '../../port.ts';
import type { App, RouteContext } from '../app.ts';
import { USERS_BODY_LIMIT_BYTES } from '../options.ts';
import { compact, ERRORS_OF_ROUTE, whoOf } from './answers.ts';

const tags = ['tags'];

export function tagRoutes(app: App, { port, guard, environment }: RouteContext): void {
  const trigger = { tags, summary: 'Compute tags', body: triggerBody, response: { 202: triggerAnswer, ...ERRORS_OF_ROUTE } };
  app.post('/api/v1/tags/trigger', { bodyLimit: USERS_BODY_LIMIT_BYTES, schema: trigger }, async (request, reply) => {
    const runId = await port.createRun(runOfTrigger(request.body, whoOf(guard, request)));
    const { tag_ids, user_ids, mode } = request.body;
    const submittedAtMs = port.getRun(runId)?.createdAtMs ?? port.now();
    return reply
      .code(202)
      .header('location', `/api/v1/tasks/${runId}/status`)
      .send({
        success: true as const,
        task_id: runId,
        message: messageOf(port, runId),
        data: {
          tag_ids,
          user_ids: user_ids ?? null,
          mode: mode ?? ('full' as const),
          environment,
          submitted_at: new Date(submittedAtMs).toISOString(),
        },
      });
  });

  const list = { tags, summary: 'The tags that there are', response: { 200: availableTags, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/tags/available', { schema: list }, async () => {
    const known = await port.availableTags();
    const shown = known.map(({ tagId, name, category, domain, description, isActive, task }) => ({
      tag_id: tagId,
      tag_name: name,
      tag_category: category,
      domain,
      description,
      is_active: isActive,
      task,
    }));
    return { success: true as const, tags: shown, total: shown.length };
  });
}

/** The run that a trigger asks for: `full` over all users or those named, `incremental` over those newly registered. */
function runOfTrigger(body: TriggerBody, who: string): RunRequest {
  const incremental = body.mode === 'incremental';
  const mode = incremental ? 'incremental' : body.user_ids == null ? 'task-tags' : 'task-users';
  return {
    mode,
    tagIds: body.tag_ids,
    who,
    ...compact({
      userIds: body.user_ids ?? undefined,
      days: incremental ? (body.days ?? 1) : undefined,
      businessDate: body.business_date ?? undefined,
      asOf: body.as_of ?? undefined,
    }),
  };
}

/** The sentence of the source documents; it says so when the run must wait for others. */
function messageOf(port: ManagerPort, runId: string): string {
  const place = port.getRun(runId)?.queuePlace ?? null;
  return place === null ? '标签任务已成功提交' : `标签任务已成功提交，正在排队（第 ${place} 位）`;
}
