/** The live feed as the HTTP server carries it: hub, socket door, event streams. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { ManagerPort } from '../port.ts';
import { serveEventStream } from './event-stream.ts';
import { FeedHub } from './feed-hub.ts';
import { feedSource } from './feed-source.ts';
import { makeUpgrade } from './upgrade.ts';

/** The part of the server's guard that the socket's door needs; each throws a TagmillError. */
export interface FeedGuard {
  requireHost(headers: IncomingHttpHeaders): void;
  requireOrigin(headers: IncomingHttpHeaders): void;
  requireKeyOrTicket(request: IncomingMessage): void;
}

export interface Live {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  stream(response: ServerResponse, topics: readonly string[], lastEventId: string | undefined): void;
  settle(): void;
  close(): void;
}

export function liveFeed(port: ManagerPort, guard: FeedGuard, log: Logger): Live {
  const hub = new FeedHub(feedSource(port), randomBytes(9).toString('base64url'), log);
  const upgrade = makeUpgrade(hub, (request) => {
    guard.requireHost(request.headers);
    guard.requireOrigin(request.headers);
    guard.requireKeyOrTicket(request);
  });
  return {
    upgrade,
    stream: (response, topics, lastEventId) => serveEventStream(hub, response, topics, lastEventId),
    settle: () => hub.flush(),
    close: () => hub.close(),
  };
}
