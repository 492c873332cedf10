/** A program that follows topics over a real socket, with the shared reducer; what it waits for are messages. */
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import {
  applyFeed,
  type ClientMessage,
  type DeltaMessage,
  type FeedTables,
  type ServerMessage,
  type TopicState,
} from '@tagmill/shared/feed/reducer';
import { WebSocket } from 'ws';
import { KEY } from '../http/support.ts';

export class Follower {
  readonly states = new Map<string, TopicState>();
  readonly received: ServerMessage[] = [];
  readonly gaps: DeltaMessage[] = [];
  socket!: WebSocket;
  readonly #url: string;
  #waiting: { readonly fits: () => boolean; readonly done: () => void }[] = [];

  constructor(httpUrl: string) {
    this.#url = `${httpUrl.replace('http', 'ws')}/ws`;
  }

  async open(): Promise<void> {
    this.socket = new WebSocket(this.#url, { headers: { authorization: `Bearer ${KEY}` } });
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data) => this.#take(JSON.parse(String(data)) as ServerMessage));
    await once(this.socket, 'open');
  }

  /** Ends the connection without a word. */
  async kill(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.terminate();
    await closed;
  }

  /** Follows a topic from where this one is. */
  subscribe(topic: string): void {
    const state = this.states.get(topic);
    this.send(state === undefined ? { type: 'subscribe', topic } : { type: 'subscribe', topic, epoch: state.epoch, seq: state.seq });
  }

  send(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Resolves at the message after which it holds. */
  until(fits: () => boolean): Promise<void> {
    if (fits()) return Promise.resolve();
    return new Promise((done) => this.#waiting.push({ fits, done }));
  }

  has(topic: string, tables: FeedTables): boolean {
    return isDeepStrictEqual(this.states.get(topic)?.tables, tables);
  }

  count(type: ServerMessage['type']): number {
    return this.received.filter((message) => message.type === type).length;
  }

  #take(message: ServerMessage): void {
    this.received.push(message);
    if (message.type === 'snapshot' || message.type === 'delta') {
      const applied = applyFeed(this.states.get(message.topic), message);
      if (applied.kind === 'gap') this.gaps.push(message as DeltaMessage);
      else this.states.set(message.topic, applied.state);
    }
    const [met, unmet] = [this.#waiting.filter(({ fits }) => fits()), this.#waiting.filter(({ fits }) => !fits())];
    this.#waiting = unmet;
    for (const { done } of met) done();
  }
}
