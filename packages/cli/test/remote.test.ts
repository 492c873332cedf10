import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ClientMessage, ServerMessage } from '@tagmill/shared/feed/reducer';
import { WebSocketServer } from 'ws';
import { ManagerApi } from '../src/remote/api.ts';
import { followTopic } from '../src/remote/follow.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('calls to a manager', () => {
  test('one that does not answer is UNREACHABLE, exit 75', async () => {
    const server = createServer();
    const url = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(new ManagerApi(url, 'k', 600).get('/health')).rejects.toMatchObject({ code: 'UNREACHABLE', exit: 75 });
  });

  test('a write is tried again under the same idempotency key', async () => {
    const keys: unknown[] = [];
    const url = await listen(
      createServer((request, response) => {
        keys.push(request.headers['idempotency-key']);
        response.writeHead(keys.length < 3 ? 503 : 202, { 'content-type': 'application/json' }).end('{"run_id":"r"}');
      }),
    );
    expect(await new ManagerApi(url, 'k').post('/api/v1/runs', {})).toEqual({ status: 202, body: { run_id: 'r' } });
    expect(keys).toHaveLength(3);
    expect(new Set(keys).size).toBe(1);
  });

  test('the address of the page does too, with the key in it', async () => {
    const asked: unknown[] = [];
    const url = await listen(
      createServer((request, response) => {
        asked.push(request.url, request.headers.authorization);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      }),
    );
    await new ManagerApi(`${url}/#key=the-key`, undefined).get('/health');
    await new ManagerApi(`${url}/#key=the-key`, 'another').get('/health');
    expect(asked).toEqual(['/health', 'Bearer the-key', '/health', 'Bearer another']);
  });

  test.each([
    [401, { code: 'UNAUTHORIZED', detail: 'The key is wrong' }, { code: 'UNAUTHORIZED', exit: 4 }],
    [404, { code: 'TAG_NOT_FOUND', detail: 'no tag 9' }, { code: 'TAG_NOT_FOUND', exit: 3 }],
    [400, { code: 'USAGE', detail: 'tag_ids is empty' }, { code: 'USAGE', exit: 2 }],
    [404, 'not json', { code: 'NOT_FOUND', exit: 3 }],
  ])('an answer %i %j becomes its error', async (status, body, error) => {
    const url = await listen(
      createServer((_, response) => response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))),
    );
    await expect(new ManagerApi(url, undefined).get('/x')).rejects.toMatchObject(error);
  });
});

describe('following a topic', () => {
  const snapshot = (seq: number, epoch = 'e1'): ServerMessage => ({
    type: 'snapshot',
    topic: 't',
    epoch,
    seq,
    atMs: 0,
    tables: { run: { r: { seq } } },
  });
  const delta = (seq: number, epoch = 'e1'): ServerMessage => ({
    type: 'delta',
    topic: 't',
    epoch,
    seq,
    atMs: 0,
    set: { run: { r: { seq } } },
  });

  /** A server that answers each subscription with the next list of messages; `cut` ends the connection after it. */
  async function feed(script: readonly { readonly send: readonly ServerMessage[]; readonly cut?: boolean }[]) {
    const server = createServer();
    const sockets = new WebSocketServer({ server, path: '/ws' });
    closers.push(() => sockets.close());
    const asked: ClientMessage[] = [];
    sockets.on('connection', (socket) =>
      socket.on('message', (data) => {
        asked.push(JSON.parse(String(data)) as ClientMessage);
        const step = script[asked.length - 1];
        for (const message of step?.send ?? []) socket.send(JSON.stringify(message));
        if (step?.cut === true) socket.close();
      }),
    );
    return { url: await listen(server), asked };
  }

  const follow = (url: string, until: number, seen: number[] = [], links: string[] = []) =>
    followTopic(new ManagerApi(url, 'key'), {
      topic: 't',
      take: (state) => {
        seen.push(state.seq);
        return state.seq >= until;
      },
      link: (state) => links.push(state),
      tryForMs: 1_000,
    });

  test('a lost connection resumes where it was', async () => {
    const { url, asked } = await feed([
      { send: [snapshot(4), delta(5)], cut: true },
      { send: [{ type: 'resumed', topic: 't', epoch: 'e1', seq: 5 }, delta(6)] },
    ]);
    const [seen, links]: [number[], string[]] = [[], []];
    await follow(url, 6, seen, links);
    expect(seen).toEqual([4, 5, 6]);
    expect(links).toEqual(['lost', 'found']);
    expect(asked[1]).toEqual({ type: 'subscribe', topic: 't', epoch: 'e1', seq: 5 });
  });

  test('a restarted manager sends a fresh snapshot under another epoch', async () => {
    const { url } = await feed([
      { send: [snapshot(40)], cut: true },
      { send: [snapshot(1, 'e2'), delta(2, 'e2'), delta(50, 'e2')] },
      { send: [snapshot(50, 'e2')] },
    ]);
    const seen: number[] = [];
    await follow(url, 50, seen);
    expect(seen).toEqual([40, 1, 2, 50]);
  });

  test('a gap is never guessed over: it asks for a snapshot', async () => {
    const { url, asked } = await feed([{ send: [snapshot(1), delta(3)] }, { send: [snapshot(9)] }]);
    const seen: number[] = [];
    await follow(url, 9, seen);
    expect(seen).toEqual([1, 9]);
    expect(asked[1]).toEqual({ type: 'subscribe', topic: 't' });
  });

  test('a refusal is the manager’s error', async () => {
    const { url } = await feed([{ send: [{ type: 'refused', topic: 't', code: 'NOT_FOUND', message: 'no such run' }] }]);
    await expect(follow(url, 1)).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('no such run') as string });
  });

  test('a manager that stays away is UNREACHABLE', async () => {
    const server = createServer();
    const url = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    await expect(follow(url, 1)).rejects.toMatchObject({ code: 'UNREACHABLE', exit: 75 });
  });
});
