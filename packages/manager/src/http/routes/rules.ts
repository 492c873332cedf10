import { catalogAnswer, checkAnswer, checkBody, previewAnswer, previewBody, testAnswer, testBody } from '@tagmill/shared/api/rules';
import { z } from 'zod';
import type { App, RouteContext } from '../app.ts';
import { ERRORS_OF_ROUTE } from './answers.ts';

const tags = ['rules'];
const previewParams = z.object({ preview_id: z.string().max(100) });

/** Rules that need not be saved: checked, tested, previewed. */
export function ruleRoutes(app: App, { port }: RouteContext): void {
  const check = {
    tags,
    summary: 'Check a rule: every error with its path, and warnings',
    body: checkBody,
    response: { 200: checkAnswer, ...ERRORS_OF_ROUTE },
  };
  app.post('/api/v1/rules/check', { config: { once: true }, schema: check }, async (request) => port.rules.check(request.body));

  const test = { tags, summary: 'Evaluate a rule on examples', body: testBody, response: { 200: testAnswer, ...ERRORS_OF_ROUTE } };
  app.post('/api/v1/rules/test', { config: { once: true }, schema: test }, async (request) => port.rules.test(request.body));

  const catalog = {
    tags,
    summary:
      'Fields, tables and operators that rules may use; with `values=true` an executor looks at a part of each table for values of small enumerations',
    querystring: z.strictObject({ values: z.enum(['true', 'false']).optional() }),
    response: { 200: catalogAnswer, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/catalog', { schema: catalog }, async ({ query }) => port.rules.catalog(query.values === 'true'));

  const begin = {
    tags,
    summary: 'Count a rule over the newest data, beside the live one; an estimate first, then exact. Changes nothing',
    body: previewBody,
    response: { 202: previewAnswer, ...ERRORS_OF_ROUTE },
  };
  app.post('/api/v1/rules/previews', { schema: begin }, async (request, reply) => {
    const answer = await port.rules.beginPreview(request.body);
    return reply.code(202).header('location', `/api/v1/rules/previews/${answer.preview_id}`).send(answer);
  });

  const look = {
    tags,
    summary: 'What a preview has found so far',
    params: previewParams,
    response: { 200: previewAnswer, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/rules/previews/:preview_id', { schema: look }, async (request) => port.rules.preview(request.params.preview_id));

  const cancel = { tags, summary: 'Cancel a preview', params: previewParams, response: { 200: previewAnswer, ...ERRORS_OF_ROUTE } };
  app.post('/api/v1/rules/previews/:preview_id/cancel', { schema: cancel }, async (request) =>
    port.rules.cancelPreview(request.params.preview_id),
  );
}
