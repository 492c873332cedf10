/** The live feed as the HTTP server carries it: hub, socket door, event streams. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { ManagerPort } from '../port.ts';
import { serveEventStream } from './event-stream.ts';
import { FeedHub } from './feed-hub.ts';
import { feedSource } from './feed-source.ts';
import { FEED } from './settings.ts';
import { makeUpgrade } from './upgrade.ts';

/** The part of the server's guard that the socket's door needs; each throws a TagmillError. */
export interface FeedGuard {
  requireHost(headers: IncomingHttpHeaders): void;
  requireOrigin(headers: IncomingHttpHeaders): void;
  requireKeyOrTicket(request: IncomingMessage): void;
}

export function liveFeed(port: ManagerPort, guard: FeedGuard, log: Logger) {
  const hub = new FeedHub(feedSource(port), randomBytes(9).toString('base64url'), log);
  const upgrade = makeUpgrade(hub, (request) => {
    guard.requireHost(request.headers);
    guard.requireOrigin(request.headers);
    guard.requireKeyOrTicket(request);
  });
  return {
    upgrade,
    full: () => hub.clients >= FEED.clients,
    stream: (response: ServerResponse, topics: readonly string[], lastEventId: string | undefined) =>
      serveEventStream(hub, response, topics, lastEventId),
    settle: () => hub.flush(),
    close: () => hub.close(),
  };
}
