/** The hub alone, with clients whose buffers the test sets, and flushes that the test makes. */
import { applyFeed, type ServerMessage, type SnapshotMessage, type TopicState } from '@tagmill/shared/feed/reducer';
import { LIMITS } from '@tagmill/shared/limits';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Encoded } from '../../src/ws/encoded.ts';
import { FeedClient } from '../../src/ws/feed-client.ts';
import { FeedHub } from '../../src/ws/feed-hub.ts';
import { feedSource } from '../../src/ws/feed-source.ts';
import { FEED } from '../../src/ws/settings.ts';
import { aRecovery, MemoryPort } from '../http/memory-port.ts';

class TestClient extends FeedClient {
  readonly got: ServerMessage[] = [];
  readonly bytes: Buffer[] = [];
  buffered = 0;
  cutWhy: string | undefined;
  state: TopicState | undefined;

  override bufferedBytes(): number {
    return this.buffered;
  }

  override cut(why: string): void {
    this.cutWhy = why;
  }

  protected override write(message: Encoded): void {
    const read = JSON.parse(message.json.toString()) as ServerMessage;
    this.got.push(read);
    this.bytes.push(message.json);
    if (read.type !== 'snapshot' && read.type !== 'delta') return;
    const applied = applyFeed(this.state, read);
    if (applied.kind === 'gap') throw new Error(`gap: expected ${applied.expected}, got ${applied.got}`);
    this.state = applied.state;
  }

  types(): string[] {
    return this.got.map(({ type }) => type).filter((type) => type !== 'time');
  }
}

let port: MemoryPort;
let hub: FeedHub;
beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate', 'performance', 'Date'],
  });
  port = new MemoryPort();
  hub = new FeedHub(feedSource(port), 'epoch', pino({ level: 'silent' }));
});
afterEach(() => {
  hub.close();
  vi.useRealTimers();
});

function join(topic?: string, from?: { epoch: string; seq: number }): TestClient {
  const client = new TestClient();
  hub.join(client);
  if (topic !== undefined) hub.subscribe(client, topic, from);
  return client;
}

const write = (n: number, urgent = false) => port.set('runs', 'runs', `r${n % 10}`, { n }, urgent);

describe('while the manager looks for its journal', () => {
  test('who asks for a run waits and gets it when it is there; what the manager says of itself comes at once', () => {
    port.topics.set('service', { service: { service: { recovering: { sinceMs: 1, sentence: 'waits' } } } });
    port.recoveryReport = aRecovery('recovering');
    const client = join('run/not-known-yet');
    const service = join('service');
    hub.flush();
    vi.advanceTimersByTime(3_000);
    expect([client.types(), service.types()]).toEqual([[], ['snapshot']]);
    port.topics.set('run/not-known-yet', { run: { r: { state: 'running' } }, instances: {}, edges: {} });
    port.topics.get('runs')!['runs'] = { 'not-known-yet': { id: 'not-known-yet' } };
    port.recoveryReport = aRecovery();
    hub.flush();
    expect(client.types()).toEqual(['snapshot']);
    expect(client.state?.tables['run']).toEqual({ r: { state: 'running' } });
  });

  test('a run that turns out not to be there is refused then', () => {
    port.recoveryReport = aRecovery('recovering');
    const client = join('run/gone');
    port.recoveryReport = aRecovery();
    vi.advanceTimersByTime(2_000);
    expect(client.types()).toContain('refused');
  });
});

describe('subscribing', () => {
  test('gives a snapshot, then deltas numbered without a hole', () => {
    write(1);
    const client = join('runs');
    write(2);
    hub.flush();
    write(3);
    hub.flush();
    expect(client.types()).toEqual(['snapshot', 'delta', 'delta']);
    expect(client.state!.seq).toBe((client.got.find(({ type }) => type === 'snapshot') as SnapshotMessage).seq + 2);
    expect(client.state!.tables).toEqual(port.topics.get('runs'));
  });

  test('between two flushes loses nothing for those who follow already', () => {
    const first = join('runs');
    write(1);
    const second = join('runs');
    hub.flush();
    expect(first.types()).toEqual(['snapshot', 'delta']);
    expect(second.types()).toEqual(['snapshot']);
    expect(first.state).toEqual({ ...second.state!, atMs: first.state!.atMs });
  });

  test('what a snapshot brings to light reaches those who follow at the same number', () => {
    const early = join('runs');
    write(1);
    port.untold.push({ table: 'runs', id: 'r1', fields: { n: 7 } });
    const late = join('runs');
    expect(late.state!.tables).toEqual({ runs: { r1: { n: 7 } } });
    expect([early.state!.seq, early.state!.tables]).toEqual([late.state!.seq, late.state!.tables]);
    expect(early.types()).toEqual(['snapshot', 'delta', 'delta']);
  });

  test('takes one snapshot for all who come at the same number', () => {
    for (let i = 0; i < 20; i++) join('runs');
    expect(port.snapshots).toBe(1);
  });

  test.each(['nothing', 'run/none', 'instance/none', 'instance/none/plan', 'instance/', '', 'x'.repeat(FEED.topicLength + 1)])(
    'to %s is refused',
    (topic) => {
      const client = join(topic);
      expect(client.got.at(-1)).toMatchObject({ type: 'refused', code: 'NOT_FOUND' });
      hub.flush();
      expect(port.askedFor.every((wanted) => wanted.size === 0 || !wanted.has(topic))).toBe(true);
    },
  );

  test('a delta is encoded once and shared', () => {
    const clients = Array.from({ length: 50 }, () => join('runs'));
    write(1);
    hub.flush();
    expect(new Set(clients.map(({ bytes }) => bytes.at(-1))).size).toBe(1);
  });
});

describe('resuming', () => {
  test('goes on from the number the client has', () => {
    const client = join('runs');
    const { epoch, seq } = client.state!;
    hub.leave(client);
    for (let n = 0; n < 3; n++) {
      write(n);
      hub.flush();
    }
    const again = new TestClient();
    again.state = client.state;
    hub.join(again);
    hub.subscribe(again, 'runs', { epoch, seq });
    expect(again.types()).toEqual(['resumed', 'delta', 'delta', 'delta']);
    expect(again.state!.tables).toEqual(port.topics.get('runs'));
  });

  test.each([
    ['of another process', { epoch: 'other', seq: 0 }],
    ['never given out', { epoch: 'epoch', seq: 999 }],
    ['that is negative', { epoch: 'epoch', seq: -1 }],
  ])('from a number %s gives a snapshot', (_, from) => {
    join('runs');
    expect(join('runs', from).types()).toEqual(['snapshot']);
  });

  test('from a number too old gives a snapshot, from the oldest kept it goes on', () => {
    const { epoch, seq } = join('runs').state!;
    for (let n = 0; n <= LIMITS.feedHistory; n++) {
      write(n);
      hub.flush();
    }
    expect(join('runs', { epoch, seq }).types()).toEqual(['snapshot']);
    const late = new TestClient();
    late.state = { topic: 'runs', epoch, seq: seq + 1, atMs: 0, tables: { runs: {} } };
    hub.join(late);
    hub.subscribe(late, 'runs', { epoch, seq: seq + 1 });
    expect(late.types().slice(0, 2)).toEqual(['resumed', 'delta']);
    expect(late.state.seq).toBe(seq + 1 + LIMITS.feedHistory);
  });

  test('from deltas larger than a client may be behind gives a snapshot', () => {
    const { epoch, seq } = join('runs').state!;
    for (let n = 0; n < 3; n++) {
      port.set('runs', 'runs', 'r', { text: 'x'.repeat(LIMITS.feedSkipBytes / 2), n });
      hub.flush();
    }
    expect(join('runs', { epoch, seq }).types()).toEqual(['snapshot']);
  });

  test('works for 30 s after the last follower has left, and never mixes two times of a topic', () => {
    const client = join('runs');
    const { epoch, seq } = client.state!;
    hub.leave(client);
    vi.advanceTimersByTime(FEED.lingerMs - 1_000);
    const back = join('runs', { epoch, seq });
    expect(back.types()).toEqual(['resumed']);
    hub.leave(back);
    vi.advanceTimersByTime(FEED.lingerMs + 2_000);
    write(1); // Nobody is told, so nobody may go on from before it.
    const later = join('runs', { epoch, seq });
    expect(later.types()).toEqual(['snapshot']);
    expect(later.state!.seq).toBeGreaterThan(seq);
  });
});

describe('cost and pace', () => {
  test('a topic without followers costs nothing', () => {
    write(1);
    vi.advanceTimersByTime(500);
    expect(port.askedFor).toHaveLength(0);
    const client = join('runs');
    hub.leave(client);
    vi.advanceTimersByTime(FEED.lingerMs + 2_000);
    const { snapshots } = port;
    for (let n = 0; n < 100; n++) write(n);
    vi.advanceTimersByTime(5_000);
    expect(port.snapshots).toBe(snapshots);
    // The port is still asked now and then, so that what changed does not pile up there.
    expect(port.askedFor.at(-1)!.size).toBe(0);
  });

  test('changes go out together, at most 20 times a second', () => {
    const client = join('runs');
    for (let n = 0; n < 1_000; n++) {
      write(n);
      vi.advanceTimersByTime(1);
    }
    const deltas = client.types().filter((type) => type === 'delta').length;
    expect(deltas).toBeGreaterThanOrEqual(18);
    expect(deltas).toBeLessThanOrEqual(21);
  });

  test('what is urgent goes out at the end of the turn, as one', () => {
    const client = join('runs');
    vi.advanceTimersByTime(10);
    write(1, true);
    write(2, true);
    expect(client.types()).toEqual(['snapshot']);
    vi.advanceTimersToNextTimer();
    expect(client.types()).toEqual(['snapshot', 'delta']);
    expect(client.state!.tables).toEqual(port.topics.get('runs'));
  });

  test('the time comes every second', () => {
    const client = join();
    vi.advanceTimersByTime(3_000);
    expect(client.got.filter(({ type }) => type === 'time')).toHaveLength(4);
  });
});

describe('a slow client', () => {
  test('is skipped, delays nobody, and gets the state when it has read', () => {
    const [slow, quick] = [join('runs'), join('runs')];
    slow.buffered = LIMITS.feedSkipBytes + 1;
    for (let n = 0; n < 5; n++) {
      write(n);
      hub.flush();
    }
    expect(slow.types()).toEqual(['snapshot']);
    expect(quick.types()).toHaveLength(6);
    slow.buffered = 0;
    vi.advanceTimersByTime(FEED.slowestPaceMs);
    expect(slow.types()).toEqual(['snapshot', 'snapshot']);
    write(6);
    hub.flush();
    expect(slow.state!.tables).toEqual(port.topics.get('runs'));
    expect(slow.types().at(-1)).toBe('delta');
  });

  test('is cut off when it is hopelessly behind', () => {
    const slow = join('runs');
    slow.buffered = LIMITS.feedCutBytes + 1;
    write(1);
    hub.flush();
    expect(slow.cutWhy).toBeDefined();
    expect(hub.clients).toBe(0);
  });

  test('is not slow for a large snapshot alone', () => {
    const client = new TestClient();
    hub.join(client);
    const send = client.send.bind(client);
    client.send = (message) => {
      if (message.type === 'snapshot') client.buffered += 10 * LIMITS.feedCutBytes;
      send(message);
    };
    hub.subscribe(client, 'runs');
    client.buffered /= 2;
    write(1);
    hub.flush();
    expect(client.cutWhy).toBeUndefined();
    expect(client.types()).toEqual(['snapshot', 'delta']);
  });

  test('cannot make the manager hold snapshots for it by asking again and again', () => {
    const client = join('runs');
    client.buffered = LIMITS.feedSkipBytes + 1;
    for (let i = 0; i < 10; i++) hub.subscribe(client, 'runs');
    expect(client.types()).toEqual(['snapshot']);
    client.buffered = 0;
    vi.advanceTimersByTime(FEED.slowestPaceMs);
    expect(client.types()).toEqual(['snapshot', 'snapshot']);
  });
});

describe('a thing that vanishes', () => {
  test('takes its records from every screen', async () => {
    const id = await port.createRun({ mode: 'task-all', who: 'test' });
    const client = join(`run/${id}`);
    expect(Object.keys(client.state!.tables)).not.toHaveLength(0);
    port.vanish(id);
    vi.advanceTimersByTime(FEED.timeEveryMs);
    expect(client.state!.tables).toEqual({});
    expect(client.got.filter(({ type }) => type !== 'time').at(-1)).toMatchObject({
      type: 'refused',
      topic: `run/${id}`,
      code: 'NOT_FOUND',
    });
    expect(join(`run/${id}`, { epoch: 'epoch', seq: client.state!.seq }).types()).toEqual(['refused']);
  });
});

describe('changes that cannot be read', () => {
  test('are made good by a snapshot', () => {
    const client = join('runs');
    const before = client.state!;
    write(1);
    port.failChanges = true;
    hub.flush();
    expect(client.types()).toEqual(['snapshot', 'snapshot']);
    expect(client.state!.tables).toEqual(port.topics.get('runs'));
    expect(join('runs', { epoch: before.epoch, seq: before.seq }).types()).toEqual(['snapshot']);
  });
});

test('whatever happens in whatever order, every client ends with the state of the port, without a gap', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('write' as const), id: fc.nat(4), n: fc.nat(99) }) },
    fc.record({ do: fc.constant('drop' as const), id: fc.nat(4) }),
    { weight: 3, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
    fc.record({ do: fc.constant('reconnect' as const), who: fc.nat(2) }),
    fc.record({ do: fc.constant('leave' as const), who: fc.nat(2) }),
    fc.record({ do: fc.constant('stall' as const), who: fc.nat(2) }),
    fc.record({ do: fc.constant('read' as const), who: fc.nat(2) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(10, 60, 1_000, 40_000) }),
    fc.record({ do: fc.constant('break' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const own = new MemoryPort();
      const mine = new FeedHub(feedSource(own), 'e', pino({ level: 'silent' }));
      const clients = [new TestClient(), new TestClient(), new TestClient()];
      const connect = (who: number) => {
        const { state } = clients[who]!;
        mine.leave(clients[who]!);
        const client = new TestClient();
        clients[who] = client;
        client.state = state;
        mine.join(client);
        mine.subscribe(client, 'runs', state);
      };
      for (const one of steps) {
        if (one.do === 'write') own.set('runs', 'runs', `r${one.id}`, { n: one.n });
        else if (one.do === 'drop') own.drop('runs', 'runs', `r${one.id}`);
        else if (one.do === 'flush') mine.flush();
        else if (one.do === 'reconnect') connect(one.who);
        else if (one.do === 'leave') mine.leave(clients[one.who]!);
        else if (one.do === 'stall') clients[one.who]!.buffered = LIMITS.feedSkipBytes + 1;
        else if (one.do === 'read') clients[one.who]!.buffered = 0;
        else if (one.do === 'break') own.failChanges = true;
        else vi.advanceTimersByTime(one.ms);
      }
      own.failChanges = false;
      for (const who of [0, 1, 2]) connect(who);
      mine.flush();
      vi.advanceTimersByTime(FEED.slowestPaceMs);
      for (const { state } of clients) expect(state!.tables).toEqual(own.topics.get('runs'));
      mine.close();
    }),
    { numRuns: 300 },
  );
});
