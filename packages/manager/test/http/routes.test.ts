import { TICKET_MS } from '../../src/http/tickets.ts';
import { availableTags, taskList, taskStatusAnswer, triggerAnswer } from '@tagmill/shared/api/tags';
import { actionAnswer, createRunAnswer, instanceDetail, runGraph, runList, runReport } from '@tagmill/shared/api/runs';
import { recoveryReport } from '@tagmill/shared/api/recovery';
import { executorRecord, runRecord } from '@tagmill/shared/api/records';
import { drainAnswer, executorList, health, readiness, ticketAnswer, version } from '@tagmill/shared/api/service';
import type { ZodType } from 'zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, KEY, type Mouths, openMouths } from './support.ts';

let mouths: Mouths;
beforeAll(async () => {
  mouths = await openMouths();
});
afterAll(() => mouths[Symbol.asyncDispose]());

/** The answer is what the API's description says, and no more. */
function fits(schema: ZodType, answer: Answer): void {
  expect(schema.parse(answer.body)).toEqual(answer.body);
}

async function trigger(body: Record<string, unknown>): Promise<string> {
  const answer = await mouths.call('POST', '/api/v1/tags/trigger', body);
  expect(answer.status).toBe(202);
  return answer.body.task_id;
}

describe('the five routes of the tag system', () => {
  test('trigger answers 202 with the body of the source document', async () => {
    const answer = await mouths.call('POST', '/api/v1/tags/trigger', {
      tag_ids: [1, 2, 3],
      user_ids: ['user_000001', 'user_000002'],
      mode: 'full',
    });
    expect(answer.status).toBe(202);
    fits(triggerAnswer, answer);
    expect(answer.body).toEqual({
      success: true,
      task_id: answer.body.task_id,
      message: '标签任务已成功提交',
      data: {
        tag_ids: [1, 2, 3],
        user_ids: ['user_000001', 'user_000002'],
        mode: 'full',
        environment: 'local',
        submitted_at: answer.body.data.submitted_at,
      },
    });
    expect(answer.headers.get('location')).toBe(`/api/v1/tasks/${answer.body.task_id}/status`);
    expect(mouths.port.requests.at(-1)).toEqual({
      mode: 'task-users',
      tagIds: [1, 2, 3],
      userIds: ['user_000001', 'user_000002'],
      who: 'api-key',
    });
  });

  test.each([
    [{ tag_ids: [5] }, { mode: 'task-tags', tagIds: [5] }],
    [
      { tag_ids: [5], user_ids: null, mode: null },
      { mode: 'task-tags', tagIds: [5] },
    ],
    [
      { tag_ids: [5], mode: 'incremental' },
      { mode: 'incremental', tagIds: [5], days: 1 },
    ],
    [
      { tag_ids: [5], mode: 'incremental', days: 7, business_date: '2026-11-22', as_of: '2026-11-21T10:00:00+08:00' },
      { mode: 'incremental', tagIds: [5], days: 7, businessDate: '2026-11-22', asOf: '2026-11-21T10:00:00+08:00' },
    ],
  ])('trigger %j asks for %j', async (body, request) => {
    await trigger(body);
    expect(mouths.port.requests.at(-1)).toEqual({ ...request, who: 'api-key' });
  });

  test('a trigger that must wait says so', async () => {
    const { port } = mouths;
    const createRun = port.createRun;
    port.createRun = async function (this: typeof port, request) {
      const id = await createRun.call(port, request);
      port.set('runs', 'runs', id, { state: 'queued', queuePlace: 2 });
      return id;
    };
    const answer = await mouths.call('POST', '/api/v1/tags/trigger', { tag_ids: [1] });
    port.createRun = createRun;
    expect(answer.body.message).toContain('第 2 位');
    const status = await mouths.call('GET', `/api/v1/tasks/${answer.body.task_id}/status`);
    expect(status.body.status).toMatchObject({ status: 'submitted', queue_place: 2 });
  });

  test.each([
    ['queued', 'submitted'],
    ['running', 'running'],
    ['succeeded', 'completed'],
    ['partial', 'completed'],
    ['failed', 'failed'],
  ] as const)('a run that is %s is a task that is %s', async (state, status) => {
    const id = await trigger({ tag_ids: [2, 1] });
    if (state === 'queued' || state === 'running') mouths.port.set('runs', 'runs', id, { state });
    else mouths.port.end(id, state);
    const answer = await mouths.call('GET', `/api/v1/tasks/${id}/status`);
    expect(answer.status).toBe(200);
    fits(taskStatusAnswer, answer);
    expect(answer.body.status.status).toBe(status);
    expect(answer.body.status.tag_ids).toEqual([1, 2]);
    expect(answer.body.status.error === null).toBe(state !== 'failed');
  });

  test('the result of a partial run names its failed tags', async () => {
    const id = await trigger({ tag_ids: [1, 2] });
    mouths.port.end(id, 'partial');
    const { body } = await mouths.call('GET', `/api/v1/tasks/${id}/status`);
    expect(body.status.result).toEqual({
      total_users: 285,
      message: 'Successfully processed 285 users; 1 of 2 tags failed',
      failed_tags: [{ tag_id: 2, tag_name: '活跃交易者', code: 'RULE_INVALID', message: 'no such operator' }],
    });
    expect(body.status.completed_at).toBe('2023-11-14T22:15:35.000Z');
  });

  test('tasks, available tags and health', async () => {
    const tasks = await mouths.call('GET', '/api/v1/tasks?limit=2');
    fits(taskList, tasks);
    expect(tasks.body.tasks).toHaveLength(2);
    expect(tasks.body.total).toBe(mouths.port.listRuns().length);
    const tags = await mouths.call('GET', '/api/v1/tags/available');
    fits(availableTags, tags);
    expect(tags.body.tags[0]).toMatchObject({ tag_id: 1, tag_name: '高净值用户', is_active: true });
    fits(health, await mouths.call('GET', '/health'));
    mouths.port.healthy = false;
    const ill = await mouths.call('GET', '/health');
    const unready = await mouths.call('GET', '/readyz');
    mouths.port.healthy = true;
    expect([ill.status, ill.body.status, unready.status]).toEqual([503, 'unhealthy', 503]);
    fits(readiness, unready);
  });
});

describe('runs', () => {
  test('create, get, graph, report, instance', async () => {
    const body = {
      mode: 'task-tags',
      tag_ids: [1, 3],
      business_date: '2026-11-22',
      as_of: '2026-11-22',
      time_zone: 'Asia/Shanghai',
      shard_rows: 1_000,
    };
    const created = await mouths.call('POST', '/api/v1/runs', body);
    expect(created.status).toBe(202);
    fits(createRunAnswer, created);
    const id = created.body.run_id;
    expect(created.headers.get('location')).toBe(`/api/v1/runs/${id}`);
    expect(mouths.port.requests.at(-1)).toEqual({
      mode: 'task-tags',
      tagIds: [1, 3],
      businessDate: '2026-11-22',
      asOf: '2026-11-22',
      timeZone: 'Asia/Shanghai',
      shardRows: 1_000,
      who: 'api-key',
    });
    fits(runRecord, await mouths.call('GET', `/api/v1/runs/${id}`));
    const graph = await mouths.call('GET', `/api/v1/runs/${id}/graph`);
    fits(runGraph, graph);
    expect(graph.body.instances.map(({ name }: { name: string }) => name)).toEqual(['plan', 'tag-1', 'tag-3', 'report']);
    fits(runReport, await mouths.call('GET', `/api/v1/runs/${id}/report`));
    mouths.port.topics.set(`instance/${id}/tag-1`, {
      instance: {},
      shards: { a: { step: 'evaluate', total: 3, ranges: [[0, 3, 'waiting']] } },
      attempts: {},
      story: { b: { atMs: 2, text: 'second', who: null }, a: { atMs: 1, text: 'first', who: 'somebody' } },
    });
    const instance = await mouths.call('GET', `/api/v1/runs/${id}/instances/tag-1`);
    fits(instanceDetail, instance);
    expect(instance.body.story.map(({ text }: { text: string }) => text)).toEqual(['first', 'second']);
  });

  test('what a mode does not take is refused by name, and starts nothing', async () => {
    const before = mouths.port.requests.length;
    const answer = await mouths.call('POST', '/api/v1/runs', { mode: 'task-all', tag_ids: [1], days: 3 });
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map(({ field }: { field: string }) => field)).toEqual(['tag_ids', 'days']);
    const noUsers = await mouths.call('POST', '/api/v1/runs', { mode: 'task-users' });
    expect(noUsers.body.errors).toEqual([{ field: 'user_ids', message: 'mode task-users needs it' }]);
    expect(mouths.port.requests).toHaveLength(before);
  });

  test('the list goes page by page, newest first, each run once', async () => {
    for (let i = 0; i < 5; i++) await trigger({ tag_ids: [1] });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Answer = await mouths.call('GET', `/api/v1/runs?limit=3${cursor === null ? '' : `&cursor=${cursor}`}`);
      fits(runList, page);
      seen.push(...page.body.runs.map(({ id }: { id: string }) => id));
      cursor = page.body.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(
      mouths.port
        .listRuns()
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect((await mouths.call('GET', '/api/v1/runs?cursor=abc')).body.code).toBe('USAGE');
  });

  test('a million users fit', async () => {
    const users = Array.from({ length: 1_000_000 }, (_, i) => `user_${String(i).padStart(9, '0')}`);
    const created = await mouths.call('POST', '/api/v1/runs', { mode: 'task-users', user_ids: users });
    expect(created.status).toBe(202);
    expect(mouths.port.requests.at(-1)?.userIds).toHaveLength(1_000_000);
    const more = await mouths.call('POST', '/api/v1/runs', { mode: 'task-users', user_ids: [...users, 'one-more'] });
    expect(more.status).toBe(400);
  });
});

describe('actions and executors', () => {
  test('an action reaches the port as it was sent', async () => {
    const id = await trigger({ tag_ids: [1] });
    const body = { action: 'skip', selection: [`${id}/tag-1`], downstream: 'as-success', reason: 'not today', dry_run: true };
    const preview = await mouths.call('POST', `/api/v1/runs/${id}/actions`, body);
    expect(preview.status).toBe(200);
    fits(actionAnswer, preview);
    expect(mouths.port.acted.at(-1)).toEqual({ runId: id, request: body, who: 'api-key' });
    const stale = await mouths.call('POST', `/api/v1/runs/${id}/actions`, {
      action: 'stop',
      filter: { states: ['running'] },
      preview_seq: 'old',
    });
    expect(stale.status).toBe(409);
    expect(stale.body).toMatchObject({ code: 'PREVIEW_STALE', facts: { preview_seq: 'p2' } });
  });

  test.each([
    [{ action: 'explode', selection: ['a'] }, 'action'],
    [{ action: 'skip' }, 'selection'],
    [{ action: 'skip', selection: ['a'], filter: {} }, 'selection'],
    [{ action: 'skip', selection: ['a'], dryrun: true }, 'dryrun'],
  ])('%j is refused by %s', async (body, field) => {
    const id = await trigger({ tag_ids: [1] });
    const answer = await mouths.call('POST', `/api/v1/runs/${id}/actions`, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].field).toBe(field);
  });

  test('executors are listed and drained', async () => {
    const all = await mouths.call('GET', '/api/v1/executors');
    fits(executorList, all);
    expect(executorRecord.parse(all.body.executors[0]).id).toBe('e1');
    const drained = await mouths.call('POST', '/api/v1/executors/e1/drain');
    expect(drained.status).toBe(202);
    fits(drainAnswer, drained);
    expect(mouths.port.listExecutors()[0]?.state).toBe('draining');
    expect((await mouths.call('POST', '/api/v1/executors/none/drain', {})).body.code).toBe('NOT_FOUND');
  });

  test('tickets', async () => {
    const answer = await mouths.call('POST', '/api/v1/ws-ticket', {}, { 'idempotency-key': 'k' });
    fits(ticketAnswer, answer);
    expect(answer.body.expires_in_ms).toBe(TICKET_MS);
    const again = await mouths.call('POST', '/api/v1/ws-ticket', {}, { 'idempotency-key': 'k' });
    expect(again.body.ticket).not.toBe(answer.body.ticket);
  });
});

describe('without a key', () => {
  test.each(['/healthz', '/readyz', '/version', '/docs', '/docs/json', '/'])('%s answers', async (path) => {
    expect((await mouths.call('GET', path, undefined, { authorization: '' })).status).not.toBe(401);
  });

  test.each([
    ['GET', '/health'],
    ['POST', '/api/v1/tags/trigger'],
    ['GET', '/api/v1/tasks'],
    ['GET', '/api/v1/tasks/x/status'],
    ['GET', '/api/v1/tags/available'],
    ['POST', '/api/v1/runs'],
    ['GET', '/api/v1/runs'],
    ['GET', '/api/v1/runs/x'],
    ['GET', '/api/v1/runs/x/graph'],
    ['GET', '/api/v1/runs/x/report'],
    ['GET', '/api/v1/runs/x/instances/y'],
    ['GET', '/api/v1/runs/x/instances/y/why'],
    ['POST', '/api/v1/runs/x/actions'],
    ['GET', '/api/v1/executors'],
    ['POST', '/api/v1/executors/x/drain'],
    ['POST', '/api/v1/ws-ticket'],
    ['GET', '/api/v1/feed?topics=runs'],
    ['GET', '/api/v1/nothing'],
    ['GET', '/API/v1/runs'],
    ['GET', '//api/v1/runs'],
    ['GET', '/%61pi/v1/runs'],
  ])('%s %s is refused, and with a wrong key too', async (method, path) => {
    for (const authorization of ['', 'Bearer wrong', `Basic ${KEY}`, KEY]) {
      const answer = await mouths.call(method, path, undefined, { authorization });
      expect([401, 404]).toContain(answer.status);
      if (answer.status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(answer.body.runs).toBeUndefined();
    }
  });

  test('the version tells itself', async () => fits(version, await mouths.call('GET', '/version')));
});

test('the recovery report, also while the manager still looks for its journal', async () => {
  const answer = await mouths.call('GET', '/api/v1/recovery');
  expect(answer.status).toBe(200);
  fits(recoveryReport, answer);
  expect(answer.body).toMatchObject({ outcome: 'own', term: 42, termBefore: 41 });
});
