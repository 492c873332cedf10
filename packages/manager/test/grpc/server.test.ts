/** The executors' door over a real socket: who is let in, and that nobody's words end the process. */
import { Client, type ClientDuplexStream, credentials } from '@grpc/grpc-js';
import type { FromExecutor } from '@tagmill/shared/gen/tagmill/v1/FromExecutor';
import type { FromManager, FromManager__Output } from '@tagmill/shared/gen/tagmill/v1/FromManager';
import type { Hello } from '@tagmill/shared/gen/tagmill/v1/Hello';
import { executorService, PROTOCOL_VERSION } from '@tagmill/shared/wire/service';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ResultsEvent } from '../../src/core/events.ts';
import { ExecutorServer, type JoinRequest } from '../../src/grpc/server.ts';

const hello = (over: Partial<Hello> = {}): FromExecutor => ({
  hello: { executorId: 'e1', name: 'e1', instance: 'i1', slots: 2, protocolVersion: PROTOCOL_VERSION, ...over },
});

/** One stream of a peer; what it is told, and when it ends. */
class Peer {
  readonly told: FromManager__Output[] = [];
  readonly ended: Promise<void>;
  private readonly client: Client;
  private readonly stream: ClientDuplexStream<FromExecutor, FromManager>;
  private seq = 0;
  private wake: () => void = () => undefined;

  constructor(port: number) {
    this.client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const { path, requestSerialize, responseDeserialize } = executorService().Session;
    this.stream = this.client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    this.stream.on('data', (message: FromManager) => {
      this.told.push(message as FromManager__Output);
      this.wake();
    });
    this.ended = new Promise((resolve) => {
      this.stream.on('end', () => resolve());
      this.stream.on('error', () => resolve());
    });
  }

  say(message: FromExecutor): void {
    this.stream.write({ ...message, seq: ++this.seq });
  }

  async hears<T>(pick: (message: FromManager__Output) => T | null | undefined): Promise<T> {
    for (;;) {
      for (const message of this.told) {
        const found = pick(message);
        if (found != null) return found;
      }
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  close(): void {
    this.stream.end();
    this.client.close();
  }
}

describe('the door', () => {
  let server: ExecutorServer;
  let port = 0;
  const joined: JoinRequest[] = [];
  const results: ResultsEvent[] = [];
  const peers: Peer[] = [];
  let gone: (id: string) => void = () => undefined;

  const dial = (first = hello()): Peer => {
    const peer = new Peer(port);
    peers.push(peer);
    peer.say(first);
    return peer;
  };

  beforeEach(async () => {
    joined.length = 0;
    results.length = 0;
    server = new ExecutorServer({
      host: '127.0.0.1',
      port: 0,
      joinToken: undefined,
      tls: undefined,
      heartbeatMs: 1_000,
      leaseMs: 60_000,
      log: () => undefined,
    });
    port = await server.listen();
    server.admit({
      term: () => 1,
      lineage: 'journal',
      deadlines: { stopMs: 5_000, attemptMs: 60_000 },
      connectionsJson: () => '{}',
      joined: (request) => joined.push(request),
      heard: () => true,
      disconnected: (id) => gone(id),
      draining: () => undefined,
      results: (event) => results.push(event),
      blob: () => undefined,
      template: () => undefined,
      rows: () => {
        throw new Error('rows that nobody can handle');
      },
      rowsClosed: () => undefined,
      progress: () => undefined,
      answer: () => undefined,
      replicaAck: () => undefined,
    });
  });

  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.close();
    await server.close();
  });

  test('a second process under the same id is refused, and told how to get in, until the first has gone', async () => {
    const first = dial();
    await first.hears((message) => message.welcome);
    const second = dial(hello({ instance: 'i2' }));
    const refused = await second.hears((message) => message.refused);
    expect(refused.message).toMatch(/another process is connected as e1.*--name/);
    expect(refused.retryAfterMs).toBeGreaterThan(0);
    expect(joined.map((one) => one.instance)).toEqual(['i1']);

    const left = new Promise<string>((resolve) => {
      gone = resolve;
    });
    first.close();
    expect(await left).toBe('e1');
    await dial(hello({ instance: 'i2' })).hears((message) => message.welcome);
  });

  test('the same process on a new stream is let in at once', async () => {
    await dial().hears((message) => message.welcome);
    await dial().hears((message) => message.welcome);
    expect(joined).toHaveLength(2);
  });

  test.each([
    ['no slots', hello({ slots: 0 })],
    ['an id of a novel', hello({ executorId: 'x'.repeat(10_000) })],
    ['a label of a novel', hello({ labels: { a: 'x'.repeat(10_000) } })],
    ['too many labels', hello({ labels: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, 'v'])) })],
    ['another protocol', hello({ protocolVersion: PROTOCOL_VERSION + 2 })],
  ])('%s is refused with a sentence', async (_, first) => {
    expect((await dial(first).hears((message) => message.refused)).message).toMatch(/slots|characters|labels|protocol/);
    expect(joined).toEqual([]);
  });

  test.each<readonly [string, FromExecutor]>([
    ['rows that cannot be handled', { rows: { request: 1, commandJson: '{' } }],
    ['columns that do not fit together', { results: { fanOut: 1, shards: [1, 2], tokens: [1], status: Buffer.alloc(2) } }],
    ['tokens that are no numbers', { results: { fanOut: 1, shards: [1], tokens: [Number.NaN], status: Buffer.alloc(1) } }],
    ['a part from the middle', { blobPart: { name: 'plan/1', index: 3, last: true, data: Buffer.from('x') } }],
  ])('%s end the session and nothing else', async (_, message) => {
    const peer = dial();
    await peer.hears((said) => said.welcome);
    peer.say(message);
    await peer.ended;
    expect(results).toEqual([]);
    await dial().hears((said) => said.welcome);
  });

  test('a held column that does not fit says nothing', async () => {
    await dial(
      hello({
        lineage: 'journal',
        held: [
          { fanOut: 1, shards: [1, 2], tokens: [5] },
          { fanOut: 2, shards: [1], tokens: [6] },
        ],
      }),
    ).hears((message) => message.welcome);
    expect(joined[0]?.held).toEqual([{ fanOut: 2, shards: [1], tokens: [6] }]);
  });
});
