/** Headers, rates, key, origin: what every request goes through first. */
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { TagmillError } from '@tagmill/shared/errors';
import type { App } from './app.ts';
import type { Guard } from './guard.ts';
import { type HttpOptions, RATE_LIMIT } from './options.ts';

const YEAR_SECONDS = 31_536_000;
const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The content security policy holds for the dashboard and for the page of the API alike: no inline script, nothing from elsewhere. */
export async function sendSafeHeaders(app: App, tls: boolean): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        // Mantine and the API's page set styles on elements.
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        workerSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: tls ? { maxAge: YEAR_SECONDS } : false,
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
}

export async function limitRates(app: App, guard: Guard, limit: HttpOptions['rateLimit'] = RATE_LIMIT): Promise<void> {
  await app.register(rateLimit, {
    global: false,
    max: limit.max,
    timeWindow: limit.windowMs,
    cache: 10_000,
    // The holder of the key and a stranger behind the same address do not share a budget.
    keyGenerator: (request) => `${guard.holdsKey(request.headers) ? 'key' : 'none'} ${request.ip}`,
    allowList: (request) => request.routeOptions.config.probe === true,
    errorResponseBuilder: (_request, { ttl }) =>
      new TagmillError(
        'RATE_LIMITED',
        `Too many requests: ${limit.max} in ${limit.windowMs / 1_000} s are allowed; try again in ${Math.ceil(ttl / 1_000)} s.`,
      ),
  });
  // As one hook for all, so that addresses that do not exist are counted too.
  app.addHook('onRequest', app.rateLimit());
}

/** Refuses foreign pages, and what comes without the key where one is asked for. */
export function guardRequests(app: App, guard: Guard): void {
  app.addHook('onRequest', async (request) => {
    const { open, ticket } = request.routeOptions.config;
    guard.requireHost(request.headers);
    if (!READS.has(request.method) || ticket === true) guard.requireOrigin(request.headers);
    if (open === true || !isApi(request.routeOptions.url ?? request.url)) return;
    if (ticket === true) guard.requireKeyOrTicket(request.raw);
    else guard.requireKey(request.headers);
  });
}

/**
 * By the route that was found, not by the address as written, which may be spelt in many ways.
 * The dashboard's files and the description of the API are no secret; all else is, also what does not exist.
 */
const isApi = (url: string): boolean => /^\/(api|health)(\/|\?|$)/.test(url);
