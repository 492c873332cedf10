/** What the HTTP server is started with, and what it gives back. */
import type { Logger } from 'pino';

export interface HttpOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Asked of REST and of the feed; undefined (insecure-dev) asks for nothing and stays on loopback. */
  readonly apiKey: string | undefined;
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** Folder with the built dashboard. */
  readonly dashboardDir: string | undefined;
  readonly log: Logger;
  /** Origins besides the server's own whose pages may call: `https://tags.example.com`. */
  readonly allowedOrigins?: readonly string[];
  /** Told in the answer to a trigger: `local`, `dev`, `prod`. */
  readonly environment?: string;
  /** Requests that one key or address may make per window. */
  readonly rateLimit?: { readonly max: number; readonly windowMs: number };
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  /** Ends the feed's connections, finishes the requests under way, closes. */
  close(): Promise<void>;
}

/** A page asks for some 50 files and then little; 100 requests a second leave room for scripts. */
export const RATE_LIMIT = { max: 6_000, windowMs: 60_000 } as const;

export const BODY_LIMIT_BYTES = 1024 * 1024;
/** A million user ids of 60 characters each. */
export const USERS_BODY_LIMIT_BYTES = 64 * 1024 * 1024;
