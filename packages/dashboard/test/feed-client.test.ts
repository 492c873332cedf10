import type { ClientMessage, DeltaMessage, ServerMessage } from '@tagmill/shared/feed/reducer';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeWorld } from '../dev/fake-world.ts';
import { DENIED, FeedClient, type SocketLike } from '../src/feed/client.ts';
import { linkLevel } from '../src/feed/link.ts';
import { hindrance, pageLevel, serviceOf } from '../src/feed/service.ts';

/** The client's surroundings, turned by hand: time, chance, sockets and a manager at their other end. */
class Bench {
  nowMs = 1_000_000;
  chance = 0.5;
  world = new FakeWorld(1_000_000);
  refuse: 'no' | 'denied' | 'down' = 'no';
  /** Answers to what is asked for stay away until `answer` is called. */
  slow = false;
  #unanswered: ClientMessage[] = [];
  /** Deltas that get lost on the way. */
  lose: (delta: DeltaMessage) => boolean = () => false;
  readonly sent: ClientMessage[] = [];
  readonly delays: number[] = [];
  socket: SocketLike | undefined;
  readonly #topics = new Set<string>();
  #timers: { atMs: number; call: () => void }[] = [];

  readonly client = new FeedClient({
    open: async () => this.#open(),
    nowMs: () => this.nowMs,
    random: () => this.chance,
    later: (delayMs, call) => {
      const timer = { atMs: this.nowMs + delayMs, call };
      this.delays.push(delayMs);
      this.#timers.push(timer);
      return () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      };
    },
  });

  #open(): SocketLike {
    if (this.refuse === 'denied') throw new Error(DENIED);
    if (this.refuse === 'down') throw new Error('connection refused');
    this.#topics.clear();
    const socket: SocketLike = {
      send: (text) => this.#receive(JSON.parse(text) as ClientMessage),
      close: () => socket.onClose(),
      onMessage: () => undefined,
      onClose: () => undefined,
    };
    this.socket = socket;
    return socket;
  }

  #receive(message: ClientMessage): void {
    this.sent.push(message);
    if (this.slow) this.#unanswered.push(message);
    else this.#handle(message);
  }

  answer(topic?: string): void {
    const all = this.#unanswered.splice(0);
    for (const message of all) {
      if (topic === undefined || message.topic === topic) this.#handle(message);
      else this.#unanswered.push(message);
    }
  }

  /** What is not answered yet never will be. */
  forget(): void {
    this.#unanswered = [];
  }

  #handle(message: ClientMessage): void {
    if (message.type === 'unsubscribe') {
      this.#topics.delete(message.topic);
      return;
    }
    this.#topics.add(message.topic);
    // As the manager does: who asks while it recovers gets the state when there is one.
    if (this.world.service.recovering !== null && message.topic !== 'service') {
      this.#unanswered.push(message);
      return;
    }
    const missed =
      message.epoch === undefined || message.seq === undefined ? null : this.world.topics.since(message.topic, message.epoch, message.seq);
    if (missed === null) {
      const snapshot = this.world.topics.snapshot(message.topic);
      this.tell(snapshot ?? { type: 'refused', topic: message.topic, code: 'NOT_FOUND', message: 'There is no such run.' });
      return;
    }
    this.tell({ type: 'resumed', topic: message.topic, epoch: this.world.epoch, seq: message.seq ?? 0 });
    for (const delta of missed) this.tell(delta);
  }

  tell(message: ServerMessage): void {
    this.socket?.onMessage(JSON.stringify(message));
  }

  /** The manager works for a while and tells what changed. */
  work(ms: number): void {
    this.nowMs += ms;
    this.world.step(ms);
    for (const topic of this.#topics) {
      this.world.topics.flush(topic, (delta) => {
        if (!this.lose(delta)) this.tell(delta);
      });
    }
  }

  /** Lets time pass for timers only. */
  async pass(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      const next = this.#timers.filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.nowMs = next.atMs;
      next.call();
      await settled();
    }
    this.nowMs = endMs;
  }

  async start(): Promise<void> {
    this.client.start();
    await settled();
  }

  cut(): void {
    const socket = this.socket;
    this.socket = undefined;
    socket?.onClose();
  }

  seen(topic: string): unknown {
    return this.client.store.getState().topics[topic]?.state?.tables;
  }

  get link() {
    return this.client.store.getState().link;
  }
}

const settled = async (): Promise<void> => {
  for (let at = 0; at < 5; at += 1) await Promise.resolve();
};

describe('feed client', () => {
  let bench: Bench;
  let topic: string;

  beforeEach(() => {
    bench = new Bench();
    topic = `run/${bench.world.runId}`;
  });

  it('takes a snapshot and follows the deltas to exactly the manager’s state', async () => {
    bench.client.use(topic);
    await bench.start();
    for (let at = 0; at < 300; at += 1) bench.work(100);
    expect(bench.seen(topic)).toEqual(bench.world.tables(topic));
  });

  it('asks for all topics again after a cut, from where it was, and misses nothing', async () => {
    bench.client.use(topic);
    bench.client.use('executors');
    await bench.start();
    for (let round = 0; round < 50; round += 1) {
      bench.work(150);
      bench.cut();
      bench.work(350);
      await bench.pass(300);
      expect(bench.link.status).toBe('live');
    }
    const resumes = bench.sent.filter((message) => message.type === 'subscribe' && message.seq !== undefined);
    expect(resumes).toHaveLength(100);
    bench.work(100);
    expect(bench.seen(topic)).toEqual(bench.world.tables(topic));
    expect(bench.seen('executors')).toEqual(bench.world.tables('executors'));
  });

  it('finds a gap, says so, drops what follows it and takes one fresh snapshot', async () => {
    bench.client.use(topic);
    await bench.start();
    for (let at = 0; at < 80; at += 1) bench.work(100);
    let lost = 0;
    bench.lose = (delta) => delta.topic === topic && lost++ === 0;
    const before = bench.sent.length;
    bench.work(500);
    expect(linkLevel(bench.link, bench.nowMs)).toBe('live');
    bench.work(500);
    expect(linkLevel(bench.link, bench.nowMs)).toBe('gap');
    expect(bench.sent.slice(before)).toEqual([{ type: 'subscribe', topic }]);
    bench.work(500);
    expect(bench.seen(topic)).toEqual(bench.world.tables(topic));
  });

  it('takes a fresh snapshot when another manager process answers', async () => {
    bench.client.use(topic);
    await bench.start();
    bench.work(3_000);
    bench.cut();
    bench.world = new FakeWorld(bench.nowMs, 'e2');
    await bench.pass(12_000);
    bench.work(1_000);
    expect(bench.client.store.getState().topics[topic]?.state?.epoch).toBe('e2');
    expect(bench.seen(topic)).toEqual(bench.world.tables(topic));
  });

  it('says that it read everything anew after another process answered, and not after it went on where it was', async () => {
    bench.client.use(topic);
    await bench.start();
    bench.work(1_000);
    bench.cut();
    await bench.pass(1_000);
    expect(linkLevel(bench.link, bench.nowMs)).toBe('live');
    expect(bench.link.resyncedAtMs).toBeNull();
    bench.world.restart('e2');
    bench.world.recovered();
    bench.cut();
    await bench.pass(1_000);
    expect(linkLevel(bench.link, bench.nowMs)).toBe('resynced');
    bench.work(500);
    expect(bench.seen(topic)).toEqual(bench.world.tables(topic));
    expect(linkLevel(bench.link, bench.link.resyncedAtMs! + 6_000)).not.toBe('resynced');
  });

  it('does not count as live before every topic on the screen was answered', async () => {
    bench.client.use(topic);
    bench.client.use('executors');
    await bench.start();
    bench.work(1_000);
    bench.slow = true;
    bench.world.restart('e2');
    bench.world.recovered();
    bench.cut();
    await bench.pass(1_000);
    expect(bench.socket).toBeDefined();
    bench.tell({ type: 'time', atMs: bench.world.nowMs });
    expect(linkLevel(bench.link, bench.nowMs)).toBe('reconnecting');
    bench.tell(bench.world.topics.snapshot(topic)!);
    expect(linkLevel(bench.link, bench.nowMs)).toBe('reconnecting');
    bench.answer();
    expect(linkLevel(bench.link, bench.nowMs)).toBe('resynced');
  });

  it('asks again for what was not answered, and only for that', async () => {
    bench.client.use(topic);
    bench.client.use('executors');
    await bench.start();
    bench.work(1_000);
    bench.slow = true;
    bench.cut();
    await bench.pass(1_000);
    bench.answer('executors');
    bench.forget();
    bench.slow = false;
    const before = bench.sent.length;
    for (let at = 0; at < 6; at += 1) {
      bench.tell({ type: 'time', atMs: bench.world.nowMs });
      await bench.pass(1_000);
    }
    expect(bench.sent.slice(before)).toEqual([expect.objectContaining({ type: 'subscribe', topic })]);
    expect(bench.link.catchesUp).toBe(false);
    bench.work(500);
    expect(bench.seen(topic)).toEqual(bench.world.tables(topic));
  });

  it('shows a manager that recovers as such, keeps what it shows, and reads anew once there is a state', async () => {
    for (const name of [topic, 'executors', 'service']) bench.client.use(name);
    await bench.start();
    bench.work(2_000);
    const before = bench.seen(topic);
    bench.world.restart('e2');
    bench.cut();
    await bench.pass(1_000);
    const state = () => bench.client.store.getState();
    expect(pageLevel(state(), bench.nowMs)).toBe('recovering');
    expect(hindrance(state(), bench.nowMs)).toBe('recovering');
    expect(bench.seen(topic)).toEqual(before);
    bench.world.recovered();
    bench.work(100);
    expect(serviceOf(state())?.recovered?.term).toBe(42);
    expect(pageLevel(state(), bench.nowMs)).toBe('reconnecting');
    expect(hindrance(state(), bench.nowMs)).toBe('link');
    bench.answer();
    expect(state().topics[topic]?.state?.epoch).toBe('e2');
    expect(pageLevel(state(), bench.nowMs)).toBe('resynced');
    expect(hindrance(state(), bench.nowMs)).toBeNull();
    bench.work(500);
    expect(bench.seen(topic)).toEqual(bench.world.tables(topic));
    expect(bench.seen('executors')).toEqual(bench.world.tables('executors'));
  });

  it('does not take what a manager said of itself before the cut for what it says now', async () => {
    for (const name of [topic, 'service']) bench.client.use(name);
    bench.world.restart('e2');
    await bench.start();
    const level = () => pageLevel(bench.client.store.getState(), bench.nowMs);
    expect(level()).toBe('recovering');
    bench.slow = true;
    bench.cut();
    expect(level()).toBe('reconnecting');
    await bench.pass(1_000);
    bench.tell({ type: 'time', atMs: bench.world.nowMs });
    expect(bench.link.status).toBe('live');
    expect(level()).toBe('reconnecting');
    bench.answer();
    expect(level()).toBe('recovering');
  });

  it('takes no click while the journal takes no writes', async () => {
    bench.client.use('service');
    await bench.start();
    const now = () => hindrance(bench.client.store.getState(), bench.nowMs);
    expect(now()).toBeNull();
    bench.world.service = { ...bench.world.service, journal: { state: 'full', sentence: 'no space', sinceMs: bench.nowMs } };
    bench.work(100);
    expect(now()).toBe('journal');
  });

  it('takes the clock of the machine that answers, even when it is behind the one before', async () => {
    bench.client.use(topic);
    await bench.start();
    bench.tell({ type: 'time', atMs: bench.nowMs + 86_400_000 });
    bench.cut();
    await bench.pass(1_000);
    bench.tell({ type: 'time', atMs: bench.nowMs });
    expect(bench.link.managerAtMs).toBe(bench.nowMs);
    expect(linkLevel(bench.link, bench.nowMs)).toBe('live');
  });

  it('keeps what it shows while the link is lost, and backs off with full jitter up to 10 s', async () => {
    bench.client.use(topic);
    await bench.start();
    bench.work(1_000);
    const before = bench.seen(topic);
    bench.refuse = 'down';
    bench.chance = 0.999_999;
    bench.delays.length = 0;
    bench.cut();
    await bench.pass(60_000);
    expect(bench.link.status).toBe('reconnecting');
    expect(bench.seen(topic)).toEqual(before);
    const tries = bench.delays.filter((ms) => ms !== 1_000 || ms >= 10_000);
    expect(tries.slice(0, 6)).toEqual([500, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('draws the wait from nothing up to the cap', async () => {
    bench.client.use(topic);
    await bench.start();
    bench.refuse = 'down';
    bench.client.stop();
    bench.delays.length = 0;
    bench.chance = 0.25;
    bench.client.start();
    await settled();
    expect(bench.delays).toContain(125);
  });

  it('closes a socket that is silent for longer than 6 s', async () => {
    bench.client.use(topic);
    await bench.start();
    bench.tell({ type: 'time', atMs: bench.world.nowMs });
    const first = bench.socket;
    await bench.pass(5_000);
    expect(bench.socket).toBe(first);
    await bench.pass(8_000);
    expect(bench.socket).not.toBe(first);
    expect(bench.link.status).toBe('live');
  });

  it('does not count an open socket as a word of the manager, and gives it up after 6 s without one', async () => {
    bench.client.use(topic);
    await bench.start();
    bench.work(1_000);
    bench.slow = true;
    bench.cut();
    await bench.pass(1_000);
    const first = bench.socket;
    expect(first).toBeDefined();
    expect(bench.link.status).toBe('reconnecting');
    await bench.pass(8_000);
    expect(bench.socket).not.toBe(first);
    expect(bench.link.status).toBe('reconnecting');
    bench.tell({ type: 'time', atMs: bench.world.nowMs });
    expect(bench.link.status).toBe('live');
  });

  it('stops trying when a key is wanted, and goes on when told to', async () => {
    bench.refuse = 'denied';
    bench.client.use(topic);
    await bench.start();
    expect(bench.link.status).toBe('denied');
    await bench.pass(60_000);
    expect(bench.link.status).toBe('denied');
    bench.refuse = 'no';
    bench.client.tryNow();
    await settled();
    expect(bench.link.status).toBe('live');
    expect(bench.seen(topic)).toEqual(bench.world.tables(topic));
  });

  it('leaves a topic when nobody uses it, but not at once', async () => {
    const leave = bench.client.use(topic);
    await bench.start();
    leave();
    bench.client.use(topic);
    await bench.pass(1_000);
    expect(bench.sent.filter((message) => message.type === 'unsubscribe')).toEqual([]);
    const other = bench.client.use('executors');
    other();
    await bench.pass(1_000);
    expect(bench.sent.at(-1)).toEqual({ type: 'unsubscribe', topic: 'executors' });
    expect(bench.seen('executors')).toBeUndefined();
  });

  it('tells a refused topic with code and sentence', async () => {
    bench.client.use('run/none');
    await bench.start();
    expect(bench.client.store.getState().topics['run/none']?.refused).toEqual({ code: 'NOT_FOUND', message: 'There is no such run.' });
  });
});
