import { health, readiness, version } from '@tagmill/shared/api/service';
import { VERSION } from '@tagmill/shared/version';
import { z } from 'zod';
import type { App, RouteContext } from '../app.ts';
import { ERRORS_OF_ROUTE } from './answers.ts';

const tags = ['service'];
const open = { config: { open: true } };
const probe = { config: { open: true, probe: true } };
const noKey: { readonly [name: string]: readonly string[] }[] = [];

export function serviceRoutes(app: App, { port }: RouteContext): void {
  const check = { tags, summary: 'Whether database and tables answer', response: { 200: health, 503: health, ...ERRORS_OF_ROUTE } };
  app.get('/health', { schema: check }, async (_request, reply) => {
    const { ok, checks } = await port.health();
    const answer = {
      status: ok ? ('healthy' as const) : ('unhealthy' as const),
      checks,
      version: VERSION,
      timestamp: new Date(port.now()).toISOString(),
    };
    return reply.code(ok ? 200 : 503).send(answer);
  });

  const alive = { tags, security: noKey, summary: 'Whether the process lives', response: { 200: z.object({ ok: z.literal(true) }) } };
  app.get('/healthz', { ...probe, schema: alive }, async () => ({ ok: true as const }));

  const ready = { tags, security: noKey, summary: 'Whether it takes work', response: { 200: readiness, 503: readiness } };
  app.get('/readyz', { ...probe, schema: ready }, async (_request, reply) => {
    const { ok, why } = port.ready();
    return reply.code(ok ? 200 : 503).send({ ok, why });
  });

  const which = { tags, security: noKey, summary: 'Which software it is', response: { 200: version } };
  app.get('/version', { ...open, schema: which }, async () => ({ name: 'tagmill' as const, version: VERSION }));
}
