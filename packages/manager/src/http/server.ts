/** The manager's mouths on one port: REST, dashboard, and the live feed that it carries. */
import type { ManagerPort } from '../port.ts';
import { liveFeed } from '../ws/live.ts';
import { listenHttp } from './listen.ts';
import type { HttpOptions, HttpServer } from './options.ts';

export type { HttpOptions, HttpServer } from './options.ts';

/**
 * Starts REST, dashboard and feed. Errors: PORT_IN_USE, CONFIG_INVALID (the
 * address is not this machine's, or an open manager would listen beyond
 * loopback).
 */
export function startHttp(port: ManagerPort, options: HttpOptions): Promise<HttpServer> {
  return listenHttp(port, options, (guard) => liveFeed(port, guard, options.log));
}
