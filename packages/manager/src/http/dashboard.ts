/** Serves the built dashboard; every address that is no file and no API is a page of it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { TagmillError } from '@tagmill/shared/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './app.ts';

const NOT_BUILT =
  'The dashboard is not built. Build it with `npm run setup`, then start the manager again. The API is described at /docs.\n';

export async function serveDashboard(app: App, dir: string | undefined): Promise<void> {
  const built = dir !== undefined && existsSync(join(dir, 'index.html'));
  if (built) await app.register(fastifyStatic, { root: dir, index: ['index.html'], setHeaders: cacheByName });
  else app.get('/', { schema: { hide: true } }, async (_request, reply) => notBuilt(reply));

  app.setNotFoundHandler((request, reply) => {
    if (!isPage(request))
      throw new TagmillError('NOT_FOUND', `There is no ${request.method} ${request.url.split('?')[0]}; see /docs for what there is.`);
    if (!built) return notBuilt(reply);
    return reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
  });
}

const notBuilt = (reply: FastifyReply): FastifyReply => reply.code(404).type('text/plain; charset=utf-8').send(NOT_BUILT);

function isPage(request: FastifyRequest): boolean {
  if (request.method !== 'GET' || /^\/(api|docs|health)(\/|\?|$)/.test(request.url)) return false;
  return (request.headers.accept ?? '').includes('text/html');
}

/** Built files carry the hash of their content in their name; the page itself does not. */
function cacheByName(reply: FastifyReply, path: string): void {
  const forEver = /[-.][A-Za-z0-9_-]{8,}\.(js|css|woff2?|svg|png)$/.test(path) && path.includes('assets');
  void reply.header('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
}
