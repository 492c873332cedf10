import { taskList, taskStatusAnswer, type TaskStatus } from '@tagmill/shared/api/tags';
import { listQuery } from '@tagmill/shared/api/runs';
import type { RunRecord } from '@tagmill/shared/feed/views';
import { z } from 'zod';
import type { ManagerPort, RunState } from '../../port.ts';
import type { App, RouteContext } from '../app.ts';
import { ERRORS_OF_ROUTE, runOf } from './answers.ts';
import { pageOf } from './pages.ts';

const tags = ['tags'];
const params = z.object({ task_id: z.string().max(200) });

/** A partial run is completed: its failed tags stand in the result. */
const STATUS: Readonly<Record<RunState, TaskStatus['status']>> = {
  queued: 'submitted',
  running: 'running',
  succeeded: 'completed',
  partial: 'completed',
  failed: 'failed',
};

export function taskRoutes(app: App, { port }: RouteContext): void {
  const one = { tags, summary: 'How a triggered task stands', params, response: { 200: taskStatusAnswer, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/tasks/:task_id/status', { schema: one }, async (request) => {
    const run = runOf(port, request.params.task_id);
    return { success: true as const, task_id: run.id, status: statusOf(port, run) };
  });

  const all = { tags, summary: 'All tasks, newest first', querystring: listQuery, response: { 200: taskList, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/tasks', { schema: all }, async (request) => {
    const runs = port.listRuns();
    const page = pageOf(runs, request.query.limit, request.query.cursor);
    return { success: true as const, tasks: page.runs.map((run) => statusOf(port, run)), total: runs.length, next_cursor: page.nextCursor };
  });
}

function statusOf(port: ManagerPort, run: RunRecord): TaskStatus {
  const instances = port.getGraph(run.id)?.instances ?? [];
  const ended = run.endedAtMs !== null;
  return {
    task_id: run.id,
    tag_ids: instances.flatMap(({ tagId }) => (tagId === null ? [] : [tagId])).toSorted((a, b) => a - b),
    status: STATUS[run.state],
    submitted_at: timeOf(run.createdAtMs),
    started_at: run.startedAtMs === null ? null : timeOf(run.startedAtMs),
    completed_at: run.endedAtMs === null ? null : timeOf(run.endedAtMs),
    queue_place: run.queuePlace,
    result: ended ? resultOf(port, run) : null,
    error: run.state === 'failed' ? (run.message ?? port.getReport(run.id)?.error?.message ?? 'the run failed') : null,
  };
}

function resultOf(port: ManagerPort, run: RunRecord): TaskStatus['result'] {
  const report = port.getReport(run.id);
  if (report === undefined) return null;
  const users = report.users.evaluated;
  const failed = report.tags.filter(({ state }) => state === 'failed');
  const but = failed.length === 0 ? '' : `; ${failed.length} of ${report.tags.length} tags failed`;
  const message = run.state === 'failed' ? `Failed after ${users} users` : `Successfully processed ${users} users${but}`;
  return {
    total_users: users,
    message,
    failed_tags: failed.map(({ tag_id, name, error }) => ({
      tag_id,
      tag_name: name,
      code: error?.code ?? 'INTERNAL',
      message: error?.message ?? '',
    })),
  };
}

const timeOf = (atMs: number): string => new Date(atMs).toISOString();
