/** A reader of the feed by WebSocket. */
import type { WebSocket } from 'ws';
import type { Encoded } from './encoded.ts';
import { FeedClient } from './feed-client.ts';
import type { FeedHub } from './feed-hub.ts';
import { Inbound } from './inbound.ts';
import { FEED } from './settings.ts';

const POLICY = 1008;
const GOING_AWAY = 1001;
const CLOSE_GRACE_MS = 1_000;

export class SocketClient extends FeedClient {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super();
    this.#socket = socket;
  }

  override bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Says why where the client still reads, and does not wait for its answer. */
  override cut(why: string, whose: 'client' | 'manager' = 'client'): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.close(whose === 'client' ? POLICY : GOING_AWAY, why);
    const force = setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS);
    this.#socket.once('close', () => clearTimeout(force));
  }

  protected override write(message: Encoded): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(message.json, { binary: false });
  }
}

/** Ties an open socket to the hub until it closes. */
export function serveSocket(hub: FeedHub, socket: WebSocket): void {
  const client = new SocketClient(socket);
  const inbound = new Inbound(hub, client);
  let answered = true;
  const pinger = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, FEED.pingEveryMs);
  pinger.unref();
  socket.on('pong', () => {
    answered = true;
  });
  socket.on('message', (data, isBinary) => inbound.receive(isBinary ? '' : String(data)));
  socket.on('close', () => {
    clearInterval(pinger);
    hub.leave(client);
  });
  // A broken frame or a reset; `close` follows.
  socket.on('error', () => socket.terminate());
  hub.join(client);
}
