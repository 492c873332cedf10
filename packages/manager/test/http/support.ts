/** A server of the mouths on a free port, and calls to it. */
import { pino } from 'pino';
import { type HttpOptions, type HttpServer, startHttp } from '../../src/http/server.ts';
import { MemoryPort } from './memory-port.ts';

export const KEY = 'key-of-the-tests';

export interface Mouths extends AsyncDisposable {
  readonly port: MemoryPort;
  readonly server: HttpServer;
  readonly logged: string[];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of every route; each test says what it expects
  readonly body: any;
}

export async function openMouths(options: Partial<HttpOptions> = {}): Promise<Mouths> {
  const port = new MemoryPort();
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const server = await startHttp(port, { host: '127.0.0.1', port: 0, apiKey: KEY, dashboardDir: undefined, log, ...options });
  const call: Mouths['call'] = async (method, path, body, headers = {}) => {
    const sent: Record<string, string> = { authorization: `Bearer ${KEY}`, ...headers };
    if (body !== undefined || method !== 'GET') sent['content-type'] ??= 'application/json';
    if (sent['authorization'] === '') delete sent['authorization'];
    const request: RequestInit = { method, headers: sent };
    if (body !== undefined) request.body = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(server.url + path, request);
    const text = await response.text();
    const json = (response.headers.get('content-type') ?? '').includes('json');
    return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
  };
  return { port, server, logged, call, [Symbol.asyncDispose]: () => server.close() };
}
