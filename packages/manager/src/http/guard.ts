/** Who may come in: the key, the ticket, the page's origin. One place for REST, socket and event stream. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TagmillError } from '@tagmill/shared/errors';
import type { Tickets } from './tickets.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1', '[::1]']);

export const isLoopback = (host: string): boolean => LOOPBACK.has(host.toLowerCase()) || /^127(\.\d{1,3}){3}$/.test(host);

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export class Guard {
  readonly #keyDigest: Buffer | undefined;
  readonly #origins: ReadonlySet<string>;
  readonly #tickets: Tickets;

  constructor(apiKey: string | undefined, allowedOrigins: readonly string[], tickets: Tickets) {
    this.#keyDigest = apiKey === undefined ? undefined : digest(apiKey);
    this.#origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase().replace(/\/$/, '')));
    this.#tickets = tickets;
  }

  /** No key is asked for. */
  get open(): boolean {
    return this.#keyDigest === undefined;
  }

  /** Whether the request carries the key as bearer. Takes the same time whatever was sent. */
  holdsKey(headers: IncomingHttpHeaders): boolean {
    const sent = bearerOf(headers);
    if (sent === undefined || this.#keyDigest === undefined) return false;
    return timingSafeEqual(digest(sent), this.#keyDigest);
  }

  /** Throws UNAUTHORIZED unless the request carries the key, or none is asked for. */
  requireKey(headers: IncomingHttpHeaders): void {
    if (this.open || this.holdsKey(headers)) return;
    const what = bearerOf(headers) === undefined ? 'No key came with the request' : 'The key is wrong';
    throw new TagmillError('UNAUTHORIZED', `${what}; send it as the header "Authorization: Bearer KEY".`);
  }

  /** Like `requireKey`, with a one-time ticket (`?ticket=`) instead where there is one. */
  requireKeyOrTicket(request: IncomingMessage): void {
    const ticket = new URLSearchParams(request.url?.split('?')[1] ?? '').get('ticket');
    if (ticket === null) this.requireKey(request.headers);
    else if (!this.#tickets.redeem(ticket))
      throw new TagmillError('UNAUTHORIZED', 'The ticket is unknown, used or older than 30 s; ask for another by POST /api/v1/ws-ticket.');
  }

  /** Throws NOT_ALLOWED for a page of a foreign origin. Programs send no Origin and pass. */
  requireOrigin(headers: IncomingHttpHeaders): void {
    const { origin, host } = headers;
    if (origin !== undefined && !this.#knows(origin, host)) {
      throw new TagmillError(
        'NOT_ALLOWED',
        `Pages of ${quoted(origin)} may not call this manager; name the origin in its allowed origins if they should.`,
      );
    }
  }

  /**
   * Throws NOT_ALLOWED when no key is asked for and the name called is not
   * loopback's: else a foreign page could reach an open manager on this machine
   * by a name of its own that points here.
   */
  requireHost(headers: IncomingHttpHeaders): void {
    if (!this.open) return;
    const name = (headers.host ?? '').replace(/:\d*$/, '');
    if (isLoopback(name) || this.#origins.has(`http://${headers.host?.toLowerCase()}`)) return;
    throw new TagmillError(
      'NOT_ALLOWED',
      `This manager asks for no key and answers on loopback only, not as ${quoted(name)}; call it as 127.0.0.1 or give it a key.`,
    );
  }

  #knows(origin: string, host: string | undefined): boolean {
    if (this.#origins.has(origin.toLowerCase())) return true;
    try {
      return host !== undefined && new URL(origin).host === host.toLowerCase();
    } catch {
      return false; // "null" and what is no URL
    }
  }
}

const bearerOf = (headers: IncomingHttpHeaders): string | undefined => /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];

const quoted = (text: string): string => JSON.stringify(text.slice(0, 200));
