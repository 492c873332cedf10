/** What a client sends: read with suspicion, counted, never trusted. */
import type { ClientMessage } from '@tagmill/shared/feed/reducer';
import type { FeedClient } from './feed-client.ts';
import type { FeedHub } from './feed-hub.ts';
import { FEED } from './settings.ts';

export class Inbound {
  readonly #hub: FeedHub;
  readonly #client: FeedClient;
  #budget: number = FEED.inboundBurst;
  #budgetAtMs = performance.now();
  #patience: number = FEED.patience;

  constructor(hub: FeedHub, client: FeedClient) {
    this.#hub = hub;
    this.#client = client;
  }

  /** Does what the text asks; answers `refused` to what it cannot read, and cuts off a client that goes on with it. */
  receive(text: string): void {
    if (this.#patience <= 0) return;
    if (!this.#withinRate()) {
      this.#refuse('RATE_LIMITED', `More than ${FEED.inboundPerSecond} messages a second.`);
      return;
    }
    const message = readMessage(text);
    if (message === undefined)
      this.#refuse('USAGE', 'Send {"type":"subscribe"|"unsubscribe","topic":"...","epoch"?:"...","seq"?:n} as JSON text.');
    else if (message.type === 'unsubscribe') this.#hub.unsubscribe(this.#client, message.topic);
    else this.#subscribe(message);
  }

  #subscribe({ topic, epoch, seq }: Extract<ClientMessage, { type: 'subscribe' }>): void {
    const from = epoch === undefined || seq === undefined ? undefined : { epoch, seq };
    if (this.#hub.topicsOf(this.#client) < FEED.topicsPerClient) this.#hub.subscribe(this.#client, topic, from);
    else this.#hub.refuse(this.#client, topic, 'RATE_LIMITED', `A connection follows at most ${FEED.topicsPerClient} topics.`);
  }

  #withinRate(): boolean {
    const nowMs = performance.now();
    this.#budget = Math.min(FEED.inboundBurst, this.#budget + ((nowMs - this.#budgetAtMs) / 1_000) * FEED.inboundPerSecond);
    this.#budgetAtMs = nowMs;
    if (this.#budget < 1) return false;
    this.#budget--;
    return true;
  }

  #refuse(code: 'USAGE' | 'RATE_LIMITED', message: string): void {
    this.#hub.refuse(this.#client, '', code, message);
    if (--this.#patience > 0) return;
    this.#client.cut('too many messages that cannot be used');
    this.#hub.leave(this.#client);
  }
}

function readMessage(text: string): ClientMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // The caller answers.
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, topic, epoch, seq } = value as Record<string, unknown>;
  if ((type !== 'subscribe' && type !== 'unsubscribe') || typeof topic !== 'string') return undefined;
  if (type === 'unsubscribe') return { type, topic };
  if (epoch === undefined && seq === undefined) return { type, topic };
  if (typeof epoch !== 'string' || !Number.isSafeInteger(seq)) return undefined;
  return { type, topic, epoch, seq: seq as number };
}
