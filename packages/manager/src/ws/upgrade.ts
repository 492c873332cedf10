/** The door of the WebSocket: `/ws` on the HTTP server, after origin and ticket or key. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERRORS, type ErrorCode, toTagmillError } from '@tagmill/shared/errors';
import { LIMITS } from '@tagmill/shared/limits';
import { WebSocketServer } from 'ws';
import type { FeedHub } from './feed-hub.ts';
import { FEED } from './settings.ts';
import { serveSocket } from './socket-client.ts';

/** Throws a TagmillError for a request that may not come in. */
export type Admit = (request: IncomingMessage) => void;

export function makeUpgrade(hub: FeedHub, admit: Admit): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  // No compression: at this rate it costs more than it saves, and memory for each client.
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.feedInboundBytes,
    perMessageDeflate: false,
    clientTracking: false,
  });
  return (request, socket, head) => {
    const onError = () => socket.destroy();
    socket.on('error', onError);
    const refused = refusal(hub, admit, request);
    if (refused !== undefined) return refuse(socket, refused.code, refused.message);
    server.handleUpgrade(request, socket, head, (ws) => {
      socket.off('error', onError);
      serveSocket(hub, ws);
    });
  };
}

function refusal(hub: FeedHub, admit: Admit, request: IncomingMessage): { readonly code: ErrorCode; readonly message: string } | undefined {
  if (request.url?.split('?')[0] !== '/ws') return { code: 'NOT_FOUND', message: 'The live feed is at /ws.' };
  if (hub.clients >= FEED.clients)
    return { code: 'RATE_LIMITED', message: `${FEED.clients} clients follow the feed already; try again later.` };
  try {
    admit(request);
    return undefined;
  } catch (error) {
    const { code, message } = toTagmillError(error);
    return { code, message: code === 'INTERNAL' ? 'The manager met a defect of its own.' : message };
  }
}

function refuse(socket: Duplex, code: ErrorCode, detail: string): void {
  const { http: status, when: title } = ERRORS[code];
  const body = JSON.stringify({ type: `urn:tagmill:error:${code}`, title, status, code, detail });
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
