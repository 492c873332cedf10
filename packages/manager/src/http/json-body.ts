/** Bodies are JSON and nothing else: a form or plain text, which a foreign page may send unasked, is refused. */
import { createHash } from 'node:crypto';
import { errorCodes } from 'fastify';
import type { App } from './app.ts';

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of the body as it came; empty without an Idempotency-Key. */
    bodyHash: string;
  }
}

export function takeJsonOnly(app: App): void {
  app.decorateRequest('bodyHash', '');
  app.removeAllContentTypeParsers();
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (request.headers['idempotency-key'] !== undefined) request.bodyHash = createHash('sha256').update(body).digest('hex');
    if (body.length === 0) done(null, undefined);
    // Fastify's own parser answers by `done`; its promise form is for parsers that have none.
    else void parse(request, body as string, done);
  });
  app.addHook('onRequest', async (request) => {
    const type = request.headers['content-type'] ?? '';
    if (!WRITES.has(request.method) || /^application\/json\b/i.test(type)) return;
    throw new errorCodes.FST_ERR_CTP_INVALID_MEDIA_TYPE(type);
  });
}
