import { request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { problem } from '@tagmill/shared/api/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Mouths, openMouths } from './support.ts';

let mouths: Mouths;
beforeAll(async () => {
  mouths = await openMouths();
});
afterAll(() => mouths[Symbol.asyncDispose]());

function isProblem(answer: Answer, status: number, code: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(problem.parse(answer.body)).toMatchObject({ status, code, type: `urn:tagmill:error:${code}` });
  expect(answer.text).not.toMatch(/node_modules|at .*\.ts|stack/);
}

test('a refusal of the manager keeps its code, status and facts', async () => {
  const answer = await mouths.call('POST', '/api/v1/tags/trigger', { tag_ids: [404] });
  isProblem(answer, 404, 'TAG_NOT_FOUND');
  expect(answer.body.facts).toEqual({ tag_id: 404 });
});

test('too many runs tell when to come again', async () => {
  const answer = await mouths.call('POST', '/api/v1/tags/trigger', { tag_ids: [429] });
  isProblem(answer, 429, 'RATE_LIMITED');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('a defect leaks nothing, and the log has it', async () => {
  const answer = await mouths.call('POST', '/api/v1/tags/trigger', { tag_ids: [500] });
  isProblem(answer, 500, 'INTERNAL');
  expect(answer.text).not.toContain('somebody');
  expect(mouths.logged.join('')).toContain('secret of /home/somebody/file.ts');
});

test('validation names every field', async () => {
  const body = { tag_ids: [1, 'x'], user_ids: [], mode: 'half', business_date: '2026-02-30', as_of: 'soon', day: 1 };
  const answer = await mouths.call('POST', '/api/v1/tags/trigger', body);
  isProblem(answer, 400, 'USAGE');
  const fields = answer.body.errors.map(({ field }: { field: string }) => field).toSorted();
  expect(fields).toEqual(['as_of', 'business_date', 'day', 'mode', 'tag_ids.1', 'user_ids']);
});

test('a million wrong ids make a short answer', async () => {
  const answer = await mouths.call('POST', '/api/v1/runs', { mode: 'task-users', user_ids: Array.from({ length: 100_000 }, () => '') });
  isProblem(answer, 400, 'USAGE');
  expect(answer.text.length).toBeLessThan(5_000);
});

test.each([
  ['GET', '/api/v1/nothing', 404, 'NOT_FOUND'],
  ['DELETE', '/api/v1/runs', 404, 'NOT_FOUND'],
  ['GET', '/api/v1/runs/none', 404, 'NOT_FOUND'],
  ['GET', '/api/v1/runs/none/graph', 404, 'NOT_FOUND'],
  ['GET', '/api/v1/runs/none/report', 404, 'NOT_FOUND'],
  ['GET', '/api/v1/runs/none/instances/plan', 404, 'NOT_FOUND'],
  ['GET', '/api/v1/tasks/none/status', 404, 'NOT_FOUND'],
  ['GET', '/api/v1/runs?limit=0', 400, 'USAGE'],
  ['GET', '/api/v1/runs?limits=3', 400, 'USAGE'],
  ['GET', '/api/v1/feed', 400, 'USAGE'],
  ['GET', '/api/v1/runs/%E0%A4%A', 400, 'USAGE'],
  ['GET', `/api/v1/runs/${'x'.repeat(600)}`, 414, 'USAGE'],
])('%s %s is %i %s', async (method, path, status, code) => {
  isProblem(await mouths.call(method, path), status, code);
});

test('a body that is not JSON', async () => {
  isProblem(await mouths.call('POST', '/api/v1/runs', '{"mode":'), 400, 'USAGE');
  isProblem(await mouths.call('POST', '/api/v1/runs', '[]'), 400, 'USAGE');
  isProblem(await mouths.call('POST', '/api/v1/runs'), 400, 'USAGE');
  isProblem(await mouths.call('POST', '/api/v1/runs', '{"__proto__":{"mode":"task-all"}}'), 400, 'USAGE');
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx'])(
  'a body of type %s is refused',
  async (type) => {
    isProblem(await mouths.call('POST', '/api/v1/runs', '{"mode":"task-all"}', { 'content-type': type }), 415, 'USAGE');
  },
);

test('a write without a content type is refused', async () => {
  const { port } = mouths.server;
  const headers = { authorization: 'Bearer key-of-the-tests' };
  const call = request({ port, host: '127.0.0.1', method: 'POST', path: '/api/v1/executors/e1/drain', headers });
  call.end();
  const [answer] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }];
  answer.resume();
  expect(answer.statusCode).toBe(415);
});

test('a body above the limit of its route', async () => {
  isProblem(await mouths.call('POST', '/api/v1/ws-ticket', `{"a":"${'x'.repeat(1024 * 1024)}"}`), 413, 'USAGE');
});

test('bytes that are no HTTP', async () => {
  const socket = connect(mouths.server.port, '127.0.0.1');
  socket.end('SSH-2.0-nothing\r\n\r\n');
  const [data] = (await once(socket, 'data')) as [Buffer];
  expect(String(data)).toMatch(/^HTTP\/1\.1 400 .*application\/problem\+json.*USAGE/s);
  socket.destroy();
});

test('every answer has the safe headers', async () => {
  for (const path of ['/', '/docs', '/api/v1/runs', '/api/v1/nothing']) {
    const { headers } = await mouths.call('GET', path);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("style-src 'self' 'unsafe-inline'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});
