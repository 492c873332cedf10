import { request } from 'node:http';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Guard, isLoopback } from '../../src/http/guard.ts';
import { TICKET_MS, Tickets } from '../../src/http/tickets.ts';
import { KEY, type Mouths, openMouths } from './support.ts';

describe('tickets', () => {
  test('open once, and only for 30 s', () => {
    let nowMs = 0;
    const tickets = new Tickets(() => nowMs);
    const [first, second] = [tickets.issue(), tickets.issue()];
    expect(tickets.redeem(first)).toBe(true);
    expect(tickets.redeem(first)).toBe(false);
    nowMs = TICKET_MS;
    expect(tickets.redeem(second)).toBe(false);
    expect(tickets.redeem('')).toBe(false);
  });
});

describe('the guard', () => {
  const tickets = new Tickets(() => 0);
  const guard = new Guard(KEY, ['https://tags.example.com/'], tickets);

  test.each([
    [undefined, 'm:1', true],
    ['http://m:1', 'm:1', true],
    ['https://tags.example.com', 'm:1', true],
    ['http://m:2', 'm:1', false],
    ['https://evil.example', 'm:1', false],
    ['https://tags.example.com.evil.example', 'm:1', false],
    ['null', 'm:1', false],
    ['', 'm:1', false],
  ])('a page of %s on host %s: %s', (origin, host, passes) => {
    const ask = () => guard.requireOrigin(origin === undefined ? { host } : { origin, host });
    if (passes) expect(ask).not.toThrow();
    else expect(ask).toThrow(expect.objectContaining({ code: 'NOT_ALLOWED' }));
  });

  test('holds a key only against the same key', () => {
    expect(guard.holdsKey({ authorization: `Bearer ${KEY}` })).toBe(true);
    expect(guard.holdsKey({ authorization: `bearer  ${KEY} ` })).toBe(true);
    for (const authorization of ['', 'Bearer', 'Bearer ', `Bearer ${KEY}x`, `Bearer ${KEY.slice(0, -1)}`, KEY]) {
      expect(guard.holdsKey({ authorization })).toBe(false);
    }
    expect(new Guard(undefined, [], tickets).holdsKey({ authorization: 'Bearer undefined' })).toBe(false);
  });

  test('knows loopback', () => {
    expect(['localhost', '127.0.0.1', '127.9.9.9', '::1'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '10.0.0.1', '127.0.0.1.evil.example', '::'].some(isLoopback)).toBe(false);
  });
});

describe('writes from pages', () => {
  let mouths: Mouths;
  beforeAll(async () => {
    mouths = await openMouths({ allowedOrigins: ['https://tags.example.com'] });
  });
  afterAll(() => mouths[Symbol.asyncDispose]());

  test('of a foreign origin are refused even with the key, of the own and of an allowed one not', async () => {
    const write = (origin: string) => mouths.call('POST', '/api/v1/runs', { mode: 'task-all' }, { origin });
    const foreign = await write('https://evil.example');
    expect([foreign.status, foreign.body.code]).toEqual([403, 'NOT_ALLOWED']);
    expect(mouths.port.requests).toHaveLength(0);
    expect((await write(mouths.server.url)).status).toBe(202);
    expect((await write('https://tags.example.com')).status).toBe(202);
  });
});

describe('an open manager', () => {
  let mouths: Mouths;
  beforeAll(async () => {
    mouths = await openMouths({ apiKey: undefined });
  });
  afterAll(() => mouths[Symbol.asyncDispose]());

  test('asks for no key', async () => {
    expect((await mouths.call('GET', '/api/v1/runs', undefined, { authorization: '' })).status).toBe(200);
    await mouths.call('POST', '/api/v1/runs', { mode: 'noop', shards: 3 }, { authorization: '' });
    expect(mouths.port.requests.at(-1)).toEqual({ mode: 'noop', shards: 3, who: 'local' });
  });

  test('does not answer to a foreign name that points here', async () => {
    const call = request({ port: mouths.server.port, host: '127.0.0.1', path: '/api/v1/runs', headers: { host: 'evil.example' } });
    call.end();
    const [answer] = (await once(call, 'response')) as [{ statusCode: number; resume(): void }];
    answer.resume();
    expect(answer.statusCode).toBe(403);
  });

  test('does not start beyond loopback', async () => {
    await expect(openMouths({ apiKey: undefined, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
