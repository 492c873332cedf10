/**
 * Serves the built page and a pretended run (fake-world.ts) over HTTP and
 * WebSocket, so that the page can be worked on without a manager:
 * `node dev/fake-manager.ts [--port 8099] [--speed 1] [--empty] [--key K]`.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import type { ClientMessage, ServerMessage } from '@tagmill/shared/feed/reducer';
import type { ActionRequest } from '@tagmill/shared/feed/views';
import { WebSocket, WebSocketServer } from 'ws';
import { FakeWorld } from './fake-world.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
};
const CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; worker-src 'self'; img-src 'self' data:";
const TICK_MS = 100;

export interface FakeOptions {
  readonly port: number;
  /** 1 is real time; with 0 the clock goes on and the tasks stand still. */
  readonly speed: number;
  /** Nothing has run and nobody has joined. */
  readonly empty: boolean;
  readonly key: string | null;
  /** Folder of the built page. */
  readonly dist: string;
  /** Tags beyond the usual 27. */
  readonly more?: number;
}

export interface FakeManager {
  readonly url: string;
  readonly world: FakeWorld;
  /** Cuts all sockets without a word. */
  cut(): void;
  /** Sends nothing more, as a hung manager would. */
  silence(on: boolean): void;
  /** Ends as by kill -9 and answers again as another process, which recovers until the world says otherwise. */
  restart(): void;
  close(): Promise<void>;
}

export async function startFakeManager(options: FakeOptions): Promise<FakeManager> {
  const world = new FakeWorld(Date.now(), 'e1', options.more ?? 0);
  let empty = options.empty;
  let silent = false;
  let restarts = 0;
  const sockets = new Map<WebSocket, Set<string>>();
  const server: Server = createServer((request, response) => void answer(request, response));
  const ws = new WebSocketServer({ server, path: '/ws' });
  const tell = (socket: WebSocket, message: ServerMessage): void => {
    if (!silent && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
  ws.on('connection', (socket) => {
    sockets.set(socket, new Set());
    tell(socket, { type: 'time', atMs: world.nowMs });
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (data) => subscribe(socket, JSON.parse(String(data)) as ClientMessage));
  });

  function subscribe(socket: WebSocket, message: ClientMessage): void {
    const topics = sockets.get(socket);
    if (topics === undefined) return;
    if (message.type === 'unsubscribe') {
      topics.delete(message.topic);
      return;
    }
    topics.add(message.topic);
    if (empty && message.topic !== 'service') {
      const fleet = { slots: 0, slotsUsed: 0, shardsWaiting: 0, oldestWaitSinceMs: null, managerAddress: '127.0.0.1:7443' };
      const tables = message.topic === 'executors' ? { executors: {}, fleet: { fleet } } : { runs: {} };
      tell(socket, { type: 'snapshot', topic: message.topic, epoch: 'empty', seq: 0, atMs: world.nowMs, tables });
      return;
    }
    // Who asks while it recovers gets the state when there is one.
    if (world.service.recovering !== null && message.topic !== 'service') return;
    const missed =
      message.epoch === undefined || message.seq === undefined ? null : world.topics.since(message.topic, message.epoch, message.seq);
    const snapshot = missed === null ? world.topics.snapshot(message.topic) : null;
    if (missed !== null) {
      tell(socket, { type: 'resumed', topic: message.topic, epoch: world.epoch, seq: message.seq ?? 0 });
      for (const delta of missed) tell(socket, delta);
    } else if (snapshot === null)
      tell(socket, {
        type: 'refused',
        topic: message.topic,
        code: 'NOT_FOUND',
        message: `There is no topic ${message.topic}; go to the latest run.`,
      });
    else tell(socket, snapshot);
  }

  let recovering = false;
  const flush = (): void => {
    if (recovering && world.service.recovering === null)
      for (const [socket, topics] of sockets) for (const topic of topics) subscribe(socket, { type: 'subscribe', topic });
    recovering = world.service.recovering !== null;
    for (const topic of new Set([...sockets.values()].flatMap((topics) => [...topics]))) {
      if (empty && topic !== 'service') continue;
      world.topics.flush(topic, (delta) => {
        for (const [socket, topics] of sockets) if (topics.has(topic)) tell(socket, delta);
      });
    }
  };
  const ticker = setInterval(() => {
    if (options.speed === 0) world.nowMs += TICK_MS;
    else world.step(TICK_MS * options.speed);
    flush();
  }, TICK_MS);
  const clock = setInterval(() => {
    for (const socket of sockets.keys()) tell(socket, { type: 'time', atMs: world.nowMs });
  }, 1_000);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://fake').pathname;
    const json = (status: number, body: unknown): void => {
      response
        .writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' })
        .end(JSON.stringify(body));
    };
    if (path.startsWith('/api/') && options.key !== null && request.headers.authorization !== `Bearer ${options.key}`) {
      json(401, {
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        code: 'UNAUTHORIZED',
        detail: 'The key is missing or wrong; set TAGMILL_API_KEY and send it as bearer.',
      });
    } else if (path === '/api/v1/ws-ticket') json(200, { ticket: 't' });
    else if (path === '/version') json(200, { version: '0.1.0' });
    else if (path === '/api/v1/recovery') json(200, world.report);
    else if (path === '/api/v1/inbox') json(200, { items: [], checked_at: new Date(world.nowMs).toISOString() });
    else if (path === '/api/v1/runs' && request.method === 'POST') {
      empty = false;
      json(202, { run_id: world.runId });
      for (const [socket, topics] of sockets) for (const topic of topics) subscribe(socket, { type: 'subscribe', topic });
    } else if (path.endsWith('/actions')) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as ActionRequest;
      const now = world.act({ ...body, dry_run: true });
      if (body.dry_run !== true && body.preview_seq !== now.preview_seq)
        json(409, { type: 'about:blank', title: 'Stale', status: 409, code: 'PREVIEW_STALE', detail: 'The affected tasks changed.' });
      else json(200, world.act(body));
      flush();
    } else await file(options.dist, path, response);
  }

  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    world,
    cut: () => {
      for (const socket of sockets.keys()) socket.terminate();
    },
    silence: (on) => {
      silent = on;
    },
    restart: () => {
      restarts += 1;
      world.restart(`e${restarts + 1}`);
      for (const socket of sockets.keys()) socket.terminate();
    },
    close: async () => {
      clearInterval(ticker);
      clearInterval(clock);
      for (const socket of sockets.keys()) socket.terminate();
      ws.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function file(dist: string, path: string, response: ServerResponse): Promise<void> {
  const name = extname(path) === '' ? 'index.html' : normalize(path).replace(/^(\.\.[/\\])+/, '');
  try {
    const body = await readFile(join(dist, name));
    response
      .writeHead(200, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream', 'content-security-policy': CSP })
      .end(body);
  } catch {
    response.writeHead(404).end('not built; run vite build');
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8099' },
      speed: { type: 'string', default: '1' },
      empty: { type: 'boolean', default: false },
      key: { type: 'string' },
    },
  });
  const manager = await startFakeManager({
    port: Number(values.port),
    speed: Number(values.speed),
    empty: values.empty,
    key: values.key ?? null,
    dist: join(import.meta.dirname, '../dist'),
  });
  process.stdout.write(`${manager.url}\n`);
}
