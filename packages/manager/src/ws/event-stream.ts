/** A reader of the feed by server-sent events: the same messages, where no WebSocket gets through. */
import type { ServerResponse } from 'node:http';
import { type Encoded, readPosition } from './encoded.ts';
import { FeedClient } from './feed-client.ts';
import type { FeedHub } from './feed-hub.ts';

const RETRY_MS = 2_000;

class EventStreamClient extends FeedClient {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    super();
    this.#response = response;
  }

  override bufferedBytes(): number {
    return this.#response.writableLength;
  }

  override cut(): void {
    this.#response.destroy();
  }

  protected override write(message: Encoded): void {
    if (!this.#response.destroyed) this.#response.write(message.event);
  }
}

/** Takes the response over until its reader goes. A reader that returns tells the id of its last event, and goes on there in that topic. */
export function serveEventStream(hub: FeedHub, response: ServerResponse, topics: readonly string[], lastEventId: string | undefined): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies that collect answers would hold the events back.
    'x-accel-buffering': 'no',
  });
  response.write(`retry: ${RETRY_MS}\n\n`);
  const client = new EventStreamClient(response);
  response.on('close', () => hub.leave(client));
  response.on('error', () => response.destroy());
  hub.join(client);
  const last = lastEventId === undefined ? undefined : readPosition(lastEventId);
  for (const topic of topics) hub.subscribe(client, topic, last?.topic === topic ? last : undefined);
}
