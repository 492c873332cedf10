/** Ties the store of kept answers to the routes that change something. */
import { TagmillError } from '@tagmill/shared/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './app.ts';
import { type Claim, IdempotencyStore } from './idempotency.ts';
import { problemOf, sendProblem } from './problem.ts';

type FirstClaim = Extract<Claim, { kind: 'first' }>;

/** Printable ASCII, as long as a UUID or a hash with some words around it. */
const KEY = /^[\x21-\x7e]{1,200}$/;

export function keepAnswers(app: App, nowMs: () => number): void {
  const store = new IdempotencyStore(nowMs);
  const claims = new WeakMap<FastifyRequest, FirstClaim>();

  // After validation: a body that is refused as such claims nothing.
  app.addHook('preHandler', async (request, reply) => {
    const key = request.headers['idempotency-key'];
    if (request.method !== 'POST' || key === undefined || request.routeOptions.config.once === true) return;
    if (typeof key !== 'string' || !KEY.test(key))
      throw new TagmillError('USAGE', 'Idempotency-Key must be 1 to 200 printable characters without spaces.');
    const name = `${request.url} ${key}`;
    for (;;) {
      const claim = store.claim(name, request.bodyHash);
      if (claim.kind === 'first') {
        claims.set(request, claim);
        return;
      }
      if (claim.kind === 'other-body') return refuse(reply, key);
      const kept = await claim.answer;
      if (kept === undefined) continue; // The first was refused; this one tries for itself.
      if (kept.location !== undefined) reply.header('location', kept.location);
      return reply.code(kept.status).header('idempotent-replayed', 'true').type(kept.contentType).send(kept.body);
    }
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const claim = claims.get(request);
    if (claim === undefined) return;
    const kept = reply.statusCode < 300 && typeof payload === 'string';
    const location = reply.getHeader('location');
    claim.settle(
      kept
        ? {
            status: reply.statusCode,
            contentType: String(reply.getHeader('content-type')),
            location: location === undefined ? undefined : String(location),
            body: payload,
          }
        : undefined,
    );
  });
  // When an answer could not be made at all.
  app.addHook('onResponse', async (request) => claims.get(request)?.settle(undefined));
}

function refuse(reply: FastifyReply, key: string): FastifyReply {
  const detail = `The Idempotency-Key ${key} was used with another body; take a new key for a new request.`;
  sendProblem(reply, problemOf('USAGE', detail, { status: 422 }));
  return reply;
}
