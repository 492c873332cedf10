/** Listens. The feed that the server carries comes from the caller; `server.ts` puts both together. */
import type { AddressInfo } from 'node:net';
import { TagmillError } from '@tagmill/shared/errors';
import type { ManagerPort } from '../port.ts';
import { type App, buildApp } from './app.ts';
import { type Guard, isLoopback } from './guard.ts';
import type { LiveFeed } from './live-feed.ts';
import type { HttpOptions, HttpServer } from './options.ts';

const CLOSE_GRACE_MS = 2_000;

/**
 * Starts REST, dashboard and feed on one port. Errors: PORT_IN_USE,
 * CONFIG_INVALID (the address is not this machine's, or an open manager would
 * listen beyond loopback).
 */
export async function listenHttp(port: ManagerPort, options: HttpOptions, makeLive: (guard: Guard) => LiveFeed): Promise<HttpServer> {
  if (options.apiKey === undefined && !isLoopback(options.host)) {
    throw new TagmillError(
      'CONFIG_INVALID',
      `Without a key the manager listens on loopback only, not on ${options.host}; set TAGMILL_API_KEY, or use --http 127.0.0.1:${options.port}.`,
    );
  }
  const app = await buildApp(port, options, makeLive);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    throw listenError(error, options);
  }
  const { port: bound } = app.server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `${options.tls === undefined ? 'http' : 'https'}://${host}:${bound}`, port: bound, close: () => close(app) };
}

/** Requests under way get a moment to end; a connection that never asks for anything would hold the server open for ever. */
async function close(app: App): Promise<void> {
  const force = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
  await app.close();
  clearTimeout(force);
}

function listenError(error: unknown, { host, port }: HttpOptions): unknown {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const address = `${host}:${port}`;
  if (code === 'EADDRINUSE') {
    return new TagmillError(
      'PORT_IN_USE',
      `Another process listens on ${address}; end it, or choose another address with --http HOST:PORT.`,
      { address },
      error,
    );
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new TagmillError(
      'CONFIG_INVALID',
      `The manager cannot listen on ${address} (${code}); choose an address of this machine with --http HOST:PORT.`,
      { address },
      error,
    );
  }
  return error;
}
