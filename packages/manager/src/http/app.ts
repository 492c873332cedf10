/** Puts the server together: who may come in, what is taken, which routes, how errors look. */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  LogController,
  type RawReplyDefaultExpression,
  type RawRequestDefaultExpression,
} from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ManagerPort } from '../port.ts';
import { serveDashboard } from './dashboard.ts';
import { Guard } from './guard.ts';
import { keepAnswers } from './idempotency-hooks.ts';
import { takeJsonOnly } from './json-body.ts';
import type { LiveFeed } from './live-feed.ts';
import { describeRoutes } from './openapi.ts';
import { BODY_LIMIT_BYTES, type HttpOptions } from './options.ts';
import { answerError, problemOf, sendProblem, toProblem } from './problem.ts';
import { ROUTES } from './routes/registry.ts';
import { guardRequests, limitRates, sendSafeHeaders } from './security.ts';
import { Tickets } from './tickets.ts';

export type App = FastifyInstance<
  Server,
  RawRequestDefaultExpression<Server>,
  RawReplyDefaultExpression<Server>,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** What a route may use. */
export interface RouteContext {
  readonly port: ManagerPort;
  readonly live: LiveFeed;
  readonly tickets: Tickets;
  readonly guard: Guard;
  readonly environment: string;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers without the key. */
    open?: boolean;
    /** Asked all the time by what watches over the process; not counted against a rate. */
    probe?: boolean;
    /** Takes a one-time ticket instead of the key. */
    ticket?: boolean;
    /** An answer of this route is never given twice. */
    once?: boolean;
  }
}

/** The server, ready to listen. `live` comes from the guard, so that socket and REST ask for the same. */
export async function buildApp(port: ManagerPort, options: HttpOptions, makeLive: (guard: Guard) => LiveFeed): Promise<App> {
  const tickets = new Tickets(port.now);
  const guard = new Guard(options.apiKey, options.allowedOrigins ?? [], tickets);
  const live = makeLive(guard);
  const app = bareApp(options);

  app.setValidatorCompiler(validatorCompiler);
  // The port's types vouch for the answers, and tests hold them against the schemas; checking each again would cost more than making it.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler(answerError);
  await sendSafeHeaders(app, options.tls !== undefined);
  await limitRates(app, guard, options.rateLimit);
  guardRequests(app, guard);
  takeJsonOnly(app);
  keepAnswers(app, port.now);
  await describeRoutes(app);
  await app.register(async (scope) => {
    const context: RouteContext = { port, live, tickets, guard, environment: options.environment ?? 'local' };
    for (const add of ROUTES) add(scope as App, context);
  });
  await serveDashboard(app, options.dashboardDir);

  app.server.on('upgrade', (request, socket, head) => live.upgrade(request, socket, head));
  app.addHook('preClose', async () => live.close());
  return app;
}

function bareApp({ tls, log }: HttpOptions): App {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestIdHeader: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, _request, reply) => sendProblem(reply, toProblem(error)),
    clientErrorHandler: (_error, socket) => {
      const body = JSON.stringify(problemOf('USAGE', 'The request is not HTTP as it should be.'));
      if (socket.writable)
        socket.end(
          `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
        );
      else socket.destroy();
    },
    serverFactory: (handler) => {
      const server =
        tls === undefined ? createServer(handler) : (createTlsServer({ ...tls, minVersion: 'TLSv1.2' }, handler) as unknown as Server);
      // A body of 64 MiB over a slow line takes its time; a head does not.
      server.requestTimeout = 300_000;
      server.headersTimeout = 20_000;
      server.keepAliveTimeout = 72_000;
      server.maxConnections = 5_000;
      return server;
    },
  });
  return app.withTypeProvider<ZodTypeProvider>();
}
