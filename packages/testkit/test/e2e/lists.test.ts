/** Uploaded lists over the public API of real processes: put, named by a rule, previewed, run, explained. */
import { join } from 'node:path';
import type { ListAnswer, ListRecord } from '@tagmill/shared/api/lists';
import type { ExplainAnswer, PreviewAnswer, RuleAnswer } from '@tagmill/shared/api/rules';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endAll, until } from '../../src/e2e/command.ts';
import { Fleet } from '../../src/e2e/fleet.ts';
import { evaluation } from '../../src/e2e/oracle.ts';
import { SqliteTargets, type Target } from '../../src/e2e/target.ts';

const sqlite = new SqliteTargets();
let target: Target;
let fleet: Fleet;

beforeAll(async () => {
  target = await sqlite.make('empty');
  fleet = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, 'lists'), args: ['--shard-rows', '4000'] });
  await fleet.startManager();
  fleet.startExecutor('one', { slots: 2 });
  await fleet.executorIs('one', ['connected']);
});
afterAll(async () => {
  endAll();
  await target?.close();
  sqlite.remove();
});

const send = async <T>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) => {
  const answer = await fleet.call(method, path, body, headers);
  return { status: answer.status, etag: answer.headers.get('etag'), body: (await answer.json()) as T };
};

const RULE = '/api/v1/tags/12/rule';

async function save(rule: unknown): Promise<number> {
  const { etag } = await send<RuleAnswer>('GET', RULE);
  return (await send('PUT', RULE, { rule, reason: 'a list' }, { 'if-match': etag! })).status;
}

test.each([
  ['short', 20],
  ['long', 1_500],
])('a %s list', async (name, size) => {
  const everybody = evaluation().map(({ user_id }) => user_id);
  const values = everybody.filter((_, at) => at % 3 === 0).slice(0, size);
  const put = await send<ListRecord>('PUT', `/api/v1/lists/${name}`, { type: 'string', values: [...values, 'nobody'] });
  expect(put).toMatchObject({ status: 200, body: { name, count: size + 1, who: 'api-key' } });
  const got = await send<ListAnswer>('GET', `/api/v1/lists/${name}?limit=2`);
  expect(got.body.values).toHaveLength(2);
  const rule = { field: 'user_id', operator: 'in_list', value: name };
  expect((await send('POST', '/api/v1/rules/check', { rule: { ...rule, value: `${name}s` } })).body).toMatchObject({
    errors: [{ code: 'LIST_UNKNOWN', path: '/value', suggestion: name }],
  });
  const begun = await send<PreviewAnswer>('POST', '/api/v1/rules/previews', { rule, tag_id: 12 });
  const seen = await until('the end of the preview', async () => {
    const { body } = await send<PreviewAnswer>('GET', `/api/v1/rules/previews/${begun.body.preview_id}`);
    return body.state === 'running' ? undefined : body;
  });
  expect(seen).toMatchObject({ state: 'done', figures: { matched: size } });
  expect(await save(rule)).toBe(200);
  const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [12], business_date: '2026-11-22' });
  // What the run has pinned stays what it was.
  await send('PUT', `/api/v1/lists/${name}`, { type: 'string', values: ['nobody'] });
  expect((await fleet.ended(runId)).tags[0]).toMatchObject({ state: 'succeeded', matched: size });
  const explained = async (user: string): Promise<ExplainAnswer> =>
    (await send<ExplainAnswer>('GET', `/api/v1/users/${encodeURIComponent(user)}/tags/12/explain?run=${runId}`)).body;
  expect(await explained(values[0]!)).toMatchObject({ result: 'T', stored: { agreement: 'agrees' } });
  expect(await explained(everybody[1]!)).toMatchObject({ result: 'F', stored: { agreement: 'agrees' } });
});

test('a list that is dropped, or empty, fails the tag', async () => {
  const run = async (): Promise<string | undefined> => {
    const report = await fleet.ended(await fleet.createRun({ mode: 'task-tags', tag_ids: [12], business_date: '2026-11-22' }));
    return report.tags[0]?.error?.code;
  };
  await send('PUT', '/api/v1/lists/gone', { type: 'string', values: [] });
  expect(await save({ field: 'user_id', operator: 'not_in_list', value: 'gone' })).toBe(200);
  expect(await run()).toBe('LIST_EMPTY');
  expect((await send('DELETE', '/api/v1/lists/gone')).status).toBe(200);
  expect(await run()).toBe('LIST_UNKNOWN');
  expect((await send('DELETE', '/api/v1/lists/gone')).status).toBe(404);
  const bad = await send<{ code: string }>('PUT', '/api/v1/lists/bad', { type: 'int64', values: ['1.5'] });
  expect([bad.status, bad.body.code]).toEqual([400, 'USAGE']);
});
