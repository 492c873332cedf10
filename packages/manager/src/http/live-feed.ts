/** What the HTTP server asks of the live feed that it carries. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

export interface LiveFeed {
  /** Takes over the connection of an upgrade request, or refuses it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** As many follow as may. */
  full(): boolean;
  /** The same feed as server-sent events: takes over a response whose head is not yet sent. */
  stream(response: ServerResponse, topics: readonly string[], lastEventId: string | undefined): void;
  /** Sends what is pending. To be called before the port's snapshot of a topic is taken by anyone but the feed. */
  settle(): void;
  /** Ends every connection of the feed. */
  close(): void;
}
