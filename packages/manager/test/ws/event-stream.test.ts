/** The feed as server-sent events. */
import { applyFeed, type ServerMessage, type TopicState } from '@tagmill/shared/feed/reducer';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KEY, type Mouths, openMouths } from '../http/support.ts';

let mouths: Mouths;
beforeEach(async () => {
  mouths = await openMouths();
});
afterEach(() => mouths[Symbol.asyncDispose]());

interface Event {
  readonly id: string | undefined;
  readonly message: ServerMessage;
}

interface Stream extends AsyncDisposable {
  readonly response: Response;
  next(): Promise<Event>;
}

/** Opens the stream and reads it event by event. */
async function open(query: string, headers: Record<string, string> = { authorization: `Bearer ${KEY}` }): Promise<Stream> {
  const stop = new AbortController();
  const response = await fetch(`${mouths.server.url}/api/v1/feed${query}`, { headers, signal: stop.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<Event> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end < 0) {
        const { value, done } = await reader.read();
        if (done) throw new Error('the stream ended');
        text += value;
        continue;
      }
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const data = lines.find((line) => line.startsWith('data: '));
      if (data === undefined) continue;
      return { id: lines.find((line) => line.startsWith('id: '))?.slice(4), message: JSON.parse(data.slice(6)) as ServerMessage };
    }
  };
  return { response, next, [Symbol.asyncDispose]: async () => stop.abort() };
}

async function until(stream: Stream, type: ServerMessage['type']): Promise<Event> {
  for (;;) {
    const event = await stream.next();
    if (event.message.type === type) return event;
  }
}

test('sends the same messages, each with its place as id', async () => {
  await using stream = await open('?topics=runs,executors');
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(stream.response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  const [first, second] = [await until(stream, 'snapshot'), await until(stream, 'snapshot')];
  expect([first.message, second.message]).toMatchObject([{ topic: 'runs' }, { topic: 'executors' }]);
  mouths.port.set('runs', 'runs', 'r', { n: 1 }, true);
  const { id, message } = await until(stream, 'delta');
  if (message.type !== 'delta') throw new Error('no delta');
  expect(id).toBe(`runs:${message.epoch}:${message.seq}`);
  expect(message.set).toEqual({ runs: { r: { n: 1 } } });
});

test('goes on from the last event', async () => {
  let state: TopicState | undefined;
  let lastId: string | undefined;
  for (let life = 0; life < 5; life++) {
    await using stream = await open('?topics=runs', {
      authorization: `Bearer ${KEY}`,
      ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
    });
    if (life > 0) expect((await stream.next()).message.type === 'time' && (await stream.next()).message.type).toBe('resumed');
    mouths.port.set('runs', 'runs', `r${life}`, { life }, true);
    for (let read = 0; read < (life === 0 ? 2 : 1); ) {
      const { id, message } = await stream.next();
      if (message.type !== 'snapshot' && message.type !== 'delta') continue;
      const applied = applyFeed(state, message);
      expect(applied.kind).toBe('applied');
      state = applied.state;
      lastId = id;
      read++;
      if (Object.keys(state?.tables['runs'] ?? {}).length > life) break;
    }
  }
  expect(state!.tables).toEqual(mouths.port.topics.get('runs'));
});

test('a ticket opens it once, a foreign page never', async () => {
  const { ticket } = (await mouths.call('POST', '/api/v1/ws-ticket', {})).body;
  await using stream = await open(`?topics=runs&ticket=${ticket}`, {});
  expect(stream.response.status).toBe(200);
  await using again = await open(`?topics=runs&ticket=${ticket}`, {});
  expect(again.response.status).toBe(401);
  await using foreign = await open('?topics=runs', { authorization: `Bearer ${KEY}`, origin: 'https://evil.example' });
  expect(foreign.response.status).toBe(403);
});

test('an unknown topic is refused, the others come', async () => {
  await using stream = await open('?topics=none,runs');
  expect((await until(stream, 'refused')).message).toMatchObject({ topic: 'none', code: 'NOT_FOUND' });
  expect((await until(stream, 'snapshot')).message).toMatchObject({ topic: 'runs' });
});

test('no topic, and too many, are refused', async () => {
  for (const topics of ['', ',', Array.from({ length: 65 }, (_, i) => `t${i}`).join()]) {
    await using stream = await open(`?topics=${topics}`);
    expect(stream.response.status).toBe(400);
  }
});
