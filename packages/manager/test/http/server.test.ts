import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openMouths } from './support.ts';

test('a port in use is told with the address and the flag', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  await expect(openMouths({ port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    message: `Another process listens on 127.0.0.1:${port}; end it, or choose another address with --http HOST:PORT.`,
  });
  taken.close();
});

test('an address of another machine is told too', async () => {
  await expect(openMouths({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

test('above its rate an address gets 429 and when to come again; probes do not count', async () => {
  await using mouths = await openMouths({ rateLimit: { max: 3, windowMs: 60_000 } });
  for (let i = 0; i < 3; i++) expect((await mouths.call('GET', '/api/v1/runs')).status).toBe(200);
  const refused = await mouths.call('GET', '/api/v1/runs');
  expect([refused.status, refused.body.code]).toEqual([429, 'RATE_LIMITED']);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await mouths.call('GET', '/healthz')).status).toBe(200);
  // A stranger has a budget of its own, also for addresses that do not exist.
  const stranger = { authorization: 'Bearer guess' };
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++)
    statuses.push((await mouths.call('GET', i % 2 === 0 ? '/api/v1/runs' : '/api/v1/nothing', undefined, stranger)).status);
  expect(statuses).toEqual([401, 401, 401, 429]);
});

test('every route is described, with its errors, and every reference resolves', async () => {
  await using mouths = await openMouths();
  const { body: api } = await mouths.call('GET', '/docs/json');
  expect(api.openapi).toBe('3.1.0');
  const described = Object.entries(api.paths as Record<string, Record<string, { responses: object; security?: unknown[] }>>).flatMap(
    ([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual(
    [
      'GET /api/v1/catalog',
      'GET /api/v1/rules/previews/{preview_id}',
      'GET /api/v1/tags/{tag_id}/rule',
      'GET /api/v1/tags/{tag_id}/rule/diff',
      'GET /api/v1/tags/{tag_id}/rule/versions',
      'GET /api/v1/users/{user_id}/tags/{tag_id}/explain',
      'POST /api/v1/rules/check',
      'POST /api/v1/rules/previews',
      'POST /api/v1/rules/previews/{preview_id}/cancel',
      'POST /api/v1/rules/test',
      'POST /api/v1/tags/{tag_id}/rule/publish',
      'POST /api/v1/tags/{tag_id}/rule/reject',
      'POST /api/v1/tags/{tag_id}/rule/restore',
      'POST /api/v1/tags/{tag_id}/rule/test',
      'PUT /api/v1/tags/{tag_id}/rule',
      'DELETE /api/v1/lists/{name}',
      'GET /api/v1/lists',
      'GET /api/v1/lists/{name}',
      'PUT /api/v1/lists/{name}',
      'GET /api/v1/tags/policies',
      'PUT /api/v1/tags/{tag_id}/policy',
      'GET /api/v1/tags/{tag_id}/overrides',
      'PUT /api/v1/users/{user_id}/tags/{tag_id}/override',
      'GET /api/v1/executors',
      'GET /api/v1/feed',
      'GET /api/v1/inbox',
      'GET /api/v1/recovery',
      'GET /api/v1/rules/proposals',
      'GET /api/v1/runs',
      'GET /api/v1/runs/{run_id}',
      'GET /api/v1/runs/{run_id}/graph',
      'GET /api/v1/runs/{run_id}/instances/{name}',
      'GET /api/v1/runs/{run_id}/instances/{name}/why',
      'GET /api/v1/runs/{run_id}/report',
      'GET /api/v1/tags/available',
      'GET /api/v1/tags/overview',
      'GET /api/v1/tasks',
      'GET /api/v1/tasks/{task_id}/status',
      'GET /api/v1/users/{user_id}/tags',
      'GET /health',
      'GET /healthz',
      'GET /readyz',
      'GET /version',
      'POST /api/v1/executors/{executor_id}/drain',
      'POST /api/v1/runs',
      'POST /api/v1/runs/{run_id}/actions',
      'POST /api/v1/tags/trigger',
      'POST /api/v1/tags/{tag_id}/rule/approve',
      'POST /api/v1/tags/{tag_id}/rule/propose',
      'POST /api/v1/ws-ticket',
    ].toSorted(),
  );
  const text = JSON.stringify(api);
  const refs = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!);
  expect(refs.length).toBeGreaterThan(30);
  for (const name of refs) expect(api.components.schemas).toHaveProperty(name);
  expect(api.paths['/api/v1/runs'].post.responses['4XX'].content).toHaveProperty('application/problem+json');
  expect(api.paths['/healthz'].get.security).toEqual([]);
});

test('the page of the API needs no inline script', async () => {
  await using mouths = await openMouths();
  const page = await mouths.call('GET', '/docs');
  expect(page.status).toBe(200);
  const scripts = [...page.text.matchAll(/<script([^>]*)>([^<]*)</g)];
  expect(scripts.length).toBeGreaterThan(0);
  for (const [, attributes, content] of scripts) {
    expect(content!.trim()).toBe('');
    const src = /src="([^"]+)"/.exec(attributes!)![1]!;
    expect((await mouths.call('GET', src)).status).toBe(200);
  }
});

test('a dashboard that is not built says so in a sentence', async () => {
  await using mouths = await openMouths();
  for (const path of ['/', '/runs/1']) {
    const page = await mouths.call('GET', path, undefined, { accept: 'text/html' });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8']);
    expect(page.text).toContain('not built');
  }
});

test('a built dashboard is served, and its addresses are its own', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tagmill-dashboard-'));
  mkdirSync(join(dir, 'assets'));
  writeFileSync(join(dir, 'index.html'), '<title>page</title>');
  writeFileSync(join(dir, 'assets', 'index-AbCd1234.js'), 'go()');

  {
    await using mouths = await openMouths({ dashboardDir: dir });
    for (const path of ['/', '/runs/1?x=1', '/index.html']) {
      const page = await mouths.call('GET', path, undefined, { accept: 'text/html,*/*', authorization: '' });
      expect([page.status, page.text]).toEqual([200, '<title>page</title>']);
      expect(page.headers.get('cache-control')).toBe('no-cache');
    }
    const script = await mouths.call('GET', '/assets/index-AbCd1234.js');
    expect([script.status, script.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    expect((await mouths.call('GET', '/assets/gone.js')).status).toBe(404);
    expect((await mouths.call('GET', '/api/v1/gone', undefined, { accept: 'text/html' })).body.code).toBe('NOT_FOUND');
    expect((await mouths.call('GET', '/..%2foutside.txt')).text).not.toContain('secret');
  }
  rmSync(dir, { recursive: true });
});
