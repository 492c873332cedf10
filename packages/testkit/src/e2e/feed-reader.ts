/** A program that follows topics of the live feed with the shared reducer, and can be killed and come back. */
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { applyFeed, type FeedTables, type ServerMessage, type TopicState } from '@tagmill/shared/feed/reducer';
import { WebSocket } from 'ws';

export class FeedReader {
  readonly topics: readonly string[];
  readonly states = new Map<string, TopicState>();
  /** Tables of each topic at each number, as this reader had them. */
  readonly seen = new Map<string, Map<number, FeedTables>>();
  /** Numbers of the deltas that came, by topic, in order. */
  readonly deltas = new Map<string, number[]>();
  readonly faults: string[] = [];
  snapshots = 0;
  resumes = 0;
  readonly #url: string;
  readonly #key: string;
  #socket: WebSocket | undefined;
  #waiting: { readonly fits: () => boolean; readonly done: () => void }[] = [];
  /** Messages since the connection was opened. */
  fresh = 0;

  constructor(httpUrl: string, key: string, topics: readonly string[]) {
    this.#url = `${httpUrl.replace('http', 'ws')}/ws`;
    this.#key = key;
    this.topics = topics;
  }

  /** Connects and subscribes from where it is. */
  async open(): Promise<void> {
    const socket = new WebSocket(this.#url, { headers: { authorization: `Bearer ${this.#key}` } });
    this.#socket = socket;
    this.fresh = 0;
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      if (socket === this.#socket) this.#take(JSON.parse(String(data)) as ServerMessage);
    });
    await once(socket, 'open');
    for (const topic of this.topics) {
      const state = this.states.get(topic);
      const from = state === undefined ? {} : { epoch: state.epoch, seq: state.seq };
      socket.send(JSON.stringify({ type: 'subscribe', topic, ...from }));
    }
  }

  /** Ends the connection without a word; what was on its way is lost. */
  kill(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.terminate();
  }

  /** Resolves at the message after which it holds. */
  until(fits: () => boolean): Promise<void> {
    if (fits()) return Promise.resolve();
    return new Promise((done) => this.#waiting.push({ fits, done }));
  }

  tables(topic: string): FeedTables | undefined {
    return this.states.get(topic)?.tables;
  }

  #take(message: ServerMessage): void {
    if (message.type === 'refused') this.faults.push(`${message.topic} was refused: ${message.message}`);
    if (message.type === 'resumed') this.resumes += 1;
    if (message.type === 'snapshot') this.snapshots += 1;
    if (message.type === 'snapshot' || message.type === 'delta') {
      const applied = applyFeed(this.states.get(message.topic), message);
      if (applied.kind === 'applied') this.#applied(message.type, message.topic, applied.state);
      else this.faults.push(`${message.topic}: ${applied.kind} at ${message.seq}`);
    }
    this.fresh += 1;
    const met = this.#waiting.filter(({ fits }) => fits());
    this.#waiting = this.#waiting.filter((one) => !met.includes(one));
    for (const { done } of met) done();
  }

  #applied(type: 'snapshot' | 'delta', topic: string, state: TopicState): void {
    this.states.set(topic, state);
    const seen = this.seen.get(topic) ?? new Map<number, FeedTables>();
    this.seen.set(topic, seen.set(state.seq, state.tables));
    if (type === 'delta') this.deltas.set(topic, [...(this.deltas.get(topic) ?? []), state.seq]);
  }
}

/** Sentences where one reader saw something else than another, or ended with something else. */
export function readerDifferences(one: FeedReader, other: FeedReader): string[] {
  const wrong = [...one.faults, ...other.faults];
  for (const topic of one.topics) {
    for (const [seq, tables] of one.seen.get(topic) ?? []) {
      const others = other.seen.get(topic)?.get(seq);
      if (others !== undefined && !isDeepStrictEqual(tables, others))
        wrong.push(`${topic} at ${seq} was not the same for both: ${firstDifference(tables, others)}`);
    }
    if (!isDeepStrictEqual(one.tables(topic), other.tables(topic))) wrong.push(`${topic} did not end the same for both`);
    const numbers = one.deltas.get(topic) ?? [];
    numbers.forEach((seq, index) => {
      if (index > 0 && seq !== numbers[index - 1]! + 1) wrong.push(`${topic}: delta ${seq} came after ${numbers[index - 1]}`);
    });
  }
  return wrong;
}

/** The first record that differs, as both have it. */
function firstDifference(one: FeedTables, other: FeedTables): string {
  for (const table of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const [a, b] = [one[table] ?? {}, other[table] ?? {}];
    for (const id of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const fields = new Set([...Object.keys(a[id] ?? {}), ...Object.keys(b[id] ?? {})]);
      for (const field of fields) {
        if (!isDeepStrictEqual(a[id]?.[field], b[id]?.[field]))
          return `${table} ${id} ${field}: ${JSON.stringify(a[id]?.[field])} and ${JSON.stringify(b[id]?.[field])}`;
      }
      if (!isDeepStrictEqual(a[id], b[id])) return `${table} ${id}`;
    }
    if (!isDeepStrictEqual(one[table], other[table])) return `table ${table}`;
  }
  return 'nothing';
}
