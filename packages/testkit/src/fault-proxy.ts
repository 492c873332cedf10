/** An HTTP proxy that lets requests fail on demand: refused, stalled or cut off in the middle of a body. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to one request; `afterBytes` counts bytes of the answer's body. */
export type Fault =
  | { readonly kind: 'pass' }
  | { readonly kind: 'status'; readonly status: number; readonly body?: string }
  | { readonly kind: 'silence' }
  | { readonly kind: 'stall' | 'cut'; readonly afterBytes: number };

export interface FaultProxy {
  readonly endpoint: string;
  /** Asked for every request; passes them all until it is set. */
  decide: (request: { readonly method: string; readonly url: string; readonly range: string | undefined }) => Fault;
  /** Requests that came in since the start. */
  readonly requests: number;
  stop(): Promise<void>;
}

export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const to = new URL(target);
  let requests = 0;
  const server = createServer((incoming, answer) => {
    requests += 1;
    const fault = proxy.decide({ method: incoming.method ?? '', url: incoming.url ?? '', range: incoming.headers.range });
    if (fault.kind === 'silence') return;
    if (fault.kind === 'status') {
      answer.writeHead(fault.status, { 'content-type': 'application/xml' }).end(fault.body ?? '');
      return;
    }
    forward(to, incoming, answer, fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    decide: (): Fault => ({ kind: 'pass' }),
    get requests() {
      return requests;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  } as FaultProxy;
  return proxy;
}

function forward(to: URL, incoming: IncomingMessage, answer: ServerResponse, fault: Fault): void {
  const { method, url, headers } = incoming;
  const outgoing = request({ host: to.hostname, port: to.port, method, path: url, headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    if (fault.kind !== 'stall' && fault.kind !== 'cut') {
      reply.pipe(answer);
      return;
    }
    let left = fault.afterBytes;
    reply.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (part.length > 0) answer.write(part);
      if (left > 0) return;
      reply.removeAllListeners('data');
      reply.resume();
      // The bytes that were let through must arrive before the connection breaks.
      if (fault.kind === 'cut') setImmediate(() => answer.destroy());
    });
  });
  outgoing.on('error', () => answer.destroy());
  incoming.pipe(outgoing);
}
