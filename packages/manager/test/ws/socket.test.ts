/** The feed over real sockets. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { LIMITS } from '@tagmill/shared/limits';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { KEY, type Mouths, openMouths } from '../http/support.ts';
import { Follower } from './follower.ts';

let mouths: Mouths;
beforeEach(async () => {
  mouths = await openMouths({ allowedOrigins: ['https://tags.example.com'] });
});
afterEach(() => mouths[Symbol.asyncDispose]());

/** Status of the answer to an upgrade; 101 when it opened. */
async function knock(query: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(`${mouths.server.url.replace('http', 'ws')}/ws${query}`, { headers });
  const [event, answer] = await Promise.race([
    once(socket, 'open').then(() => ['open', undefined] as const),
    once(socket, 'unexpected-response').then(([, response]) => ['refused', response as { statusCode: number; resume(): void }] as const),
  ]);
  socket.on('error', () => undefined);
  answer?.resume();
  socket.terminate();
  return event === 'open' ? 101 : answer!.statusCode;
}

async function ticket(): Promise<string> {
  return (await mouths.call('POST', '/api/v1/ws-ticket', {})).body.ticket;
}

describe('the door', () => {
  test('opens to the key, and to a ticket once', async () => {
    expect(await knock('', { authorization: `Bearer ${KEY}` })).toBe(101);
    const once = await ticket();
    expect(await knock(`?ticket=${once}`, {})).toBe(101);
    expect(await knock(`?ticket=${once}`, {})).toBe(401);
  });

  test('stays shut without, with a wrong one, for a foreign page, and elsewhere', async () => {
    expect(await knock('', {})).toBe(401);
    expect(await knock('', { authorization: 'Bearer wrong' })).toBe(401);
    expect(await knock('?ticket=', {})).toBe(401);
    expect(await knock('?ticket=wrong', { authorization: `Bearer ${KEY}` })).toBe(401);
    expect(await knock(`?ticket=${await ticket()}`, { origin: 'https://evil.example' })).toBe(403);
    expect(await knock('x', { authorization: `Bearer ${KEY}` })).toBe(404);
  });

  test('opens to the own page and to an allowed one', async () => {
    expect(await knock(`?ticket=${await ticket()}`, { origin: mouths.server.url })).toBe(101);
    expect(await knock(`?ticket=${await ticket()}`, { origin: 'https://tags.example.com' })).toBe(101);
  });
});

describe('following', () => {
  test('killed and back 50 times while changes stream in, it misses nothing', async () => {
    const run = await mouths.port.createRun({ mode: 'task-all', who: 'test' });
    const topics = ['runs', `run/${run}`];
    const follower = new Follower(mouths.server.url);
    let writing = true;
    let n = 0;
    const writer = (async () => {
      while (writing) {
        n++;
        mouths.port.set('runs', 'runs', run, { held: n }, n % 7 === 0);
        mouths.port.set(`run/${run}`, 'instances', `${run}/tag-${n % 40}`, { shardsDone: n });
        if (n % 5 === 0) mouths.port.drop(`run/${run}`, 'instances', `${run}/tag-${(n + 11) % 40}`);
        await turn();
      }
    })();
    for (let life = 0; life < 50; life++) {
      await follower.open();
      for (const topic of topics) follower.subscribe(topic);
      const seen = follower.count('delta');
      await follower.until(() => follower.count('delta') >= seen + 1 + (life % 4));
      await follower.kill();
    }
    writing = false;
    await writer;
    await follower.open();
    for (const topic of topics) follower.subscribe(topic);
    await follower.until(() => topics.every((topic) => follower.has(topic, mouths.port.topics.get(topic)!)));
    expect(follower.gaps).toEqual([]);
    expect(n).toBeGreaterThan(100);
    expect(follower.count('resumed')).toBeGreaterThan(50);
    expect(follower.count('snapshot')).toBeGreaterThanOrEqual(topics.length);
    await follower.kill();
  });

  test('after a gap it asks again and gets a snapshot', async () => {
    const follower = new Follower(mouths.server.url);
    await follower.open();
    follower.subscribe('runs');
    await follower.until(() => follower.states.has('runs'));
    const state = follower.states.get('runs')!;
    follower.states.set('runs', { ...state, seq: state.seq - 1 }); // as if a delta had been lost
    mouths.port.set('runs', 'runs', 'r', { n: 1 }, true);
    await follower.until(() => follower.gaps.length === 1);
    follower.send({ type: 'subscribe', topic: 'runs' });
    await follower.until(() => follower.has('runs', mouths.port.topics.get('runs')!));
    expect(follower.count('snapshot')).toBe(2);
    await follower.kill();
  });

  test('one that does not read delays nobody and is made whole later', async () => {
    const [slow, quick] = [new Follower(mouths.server.url), new Follower(mouths.server.url)];
    for (const follower of [slow, quick]) {
      await follower.open();
      follower.subscribe('runs');
      await follower.until(() => follower.states.has('runs'));
    }
    slow.socket.pause();
    const text = 'x'.repeat(200_000);
    for (let n = 0; n < 150; n++) {
      const before = quick.count('delta');
      mouths.port.set('runs', 'runs', `r${n % 3}`, { n, text }, true);
      await quick.until(() => quick.count('delta') > before);
    }
    expect(quick.count('delta')).toBe(150);
    slow.socket.resume();
    await slow.until(() => slow.has('runs', mouths.port.topics.get('runs')!));
    expect(slow.gaps).toEqual([]);
    expect(slow.count('delta')).toBeLessThan(150);
    expect(slow.count('snapshot')).toBeGreaterThan(1);
    for (const follower of [slow, quick]) await follower.kill();
  });

  test('an instance looked at over REST takes nothing from those who follow it', async () => {
    const run = await mouths.port.createRun({ mode: 'task-all', who: 'test' });
    const topic = `instance/${run}/tag-1`;
    mouths.port.topics.set(topic, { instance: {}, shards: {}, attempts: {}, story: {} });
    const follower = new Follower(mouths.server.url);
    await follower.open();
    follower.subscribe(topic);
    await follower.until(() => follower.states.has(topic));
    for (let n = 0; n < 20; n++) {
      mouths.port.set(topic, 'story', `s${n}`, { atMs: n, text: `line ${n}`, who: null });
      await mouths.call('GET', `/api/v1/runs/${run}/instances/tag-1`);
    }
    await follower.until(() => follower.has(topic, mouths.port.topics.get(topic)!));
    expect(follower.count('snapshot')).toBe(1);
    await follower.kill();
  });

  test('after unsubscribing nothing more comes', async () => {
    const follower = new Follower(mouths.server.url);
    await follower.open();
    follower.subscribe('runs');
    follower.subscribe('executors');
    await follower.until(() => follower.states.size === 2);
    follower.send({ type: 'unsubscribe', topic: 'runs' });
    follower.send({ type: 'subscribe', topic: 'none' });
    await follower.until(() => follower.count('refused') === 1);
    mouths.port.set('runs', 'runs', 'r', { n: 1 }, true);
    mouths.port.set('executors', 'executors', 'e1', { slotsUsed: 1 }, true);
    await follower.until(() => follower.count('delta') === 1);
    expect(follower.received.filter(({ type }) => type === 'delta')).toMatchObject([{ topic: 'executors' }]);
    await follower.kill();
  });
});

describe('what a client sends', () => {
  test.each([
    '{"type":',
    '[]',
    '7',
    'null',
    '{"type":"subscribe"}',
    '{"type":"drop","topic":"runs"}',
    '{"type":"subscribe","topic":"runs","epoch":"e"}',
    '{"type":"subscribe","topic":"runs","epoch":"e","seq":0.5}',
  ])('%s is refused, and the connection goes on', async (text) => {
    const follower = new Follower(mouths.server.url);
    await follower.open();
    follower.socket.send(text);
    await follower.until(() => follower.count('refused') === 1);
    expect(follower.received.find(({ type }) => type === 'refused')).toMatchObject({ code: 'USAGE', topic: '' });
    follower.subscribe('runs');
    await follower.until(() => follower.states.has('runs'));
    await follower.kill();
  });

  test('one that goes on with it is closed', async () => {
    const follower = new Follower(mouths.server.url);
    await follower.open();
    const closed = once(follower.socket, 'close');
    for (let i = 0; i < 20; i++) follower.socket.send(Buffer.from([1, 2, 3]));
    expect((await closed)[0]).toBe(1008);
  });

  test('one that sends too fast is told, and then closed', async () => {
    const follower = new Follower(mouths.server.url);
    await follower.open();
    const closed = once(follower.socket, 'close');
    for (let i = 0; i < 2_000; i++) follower.socket.send('{"type":"unsubscribe","topic":"runs"}');
    expect((await closed)[0]).toBe(1008);
    expect(follower.received.find(({ type }) => type === 'refused')).toMatchObject({ code: 'RATE_LIMITED' });
  });

  test('a message above 64 KiB ends the connection', async () => {
    const follower = new Follower(mouths.server.url);
    await follower.open();
    const closed = once(follower.socket, 'close');
    follower.socket.send('x'.repeat(LIMITS.feedInboundBytes + 1));
    expect((await closed)[0]).toBe(1009);
  });

  test('too many topics are refused', async () => {
    const follower = new Follower(mouths.server.url);
    await follower.open();
    const run = await mouths.port.createRun({ mode: 'task-all', who: 'test' });
    for (let i = 0; i < 65; i++) {
      mouths.port.topics.set(`instance/${run}/t${i}`, {});
      follower.send({ type: 'subscribe', topic: `instance/${run}/t${i}` });
    }
    await follower.until(() => follower.count('refused') === 1);
    expect(follower.count('snapshot')).toBe(64);
    await follower.kill();
  });
});

describe('closing', () => {
  test('ends every socket and event stream', async () => {
    const follower = new Follower(mouths.server.url);
    await follower.open();
    const closed = once(follower.socket, 'close');
    const stream = await fetch(`${mouths.server.url}/api/v1/feed?topics=runs`, { headers: { authorization: `Bearer ${KEY}` } });
    const half = connect(mouths.server.port, '127.0.0.1');
    await once(half, 'connect');
    await mouths.server.close();
    expect((await closed)[0]).toBe(1001);
    await expect(stream.text()).rejects.toThrow();
    half.destroy();
    mouths = await openMouths();
  });
});
