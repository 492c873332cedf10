import { policyBody, tagPolicies, tagPolicy } from '@tagmill/shared/api/tag-policy';
import { z } from 'zod';
import type { App, RouteContext } from '../app.ts';
import { ERRORS_OF_ROUTE, whoOf } from './answers.ts';

const tags = ['tags'];

/** What tags allow of a run before their check holds them. */
export function tagPolicyRoutes(app: App, { port, guard }: RouteContext): void {
  const all = {
    tags,
    summary: 'What tags allow of a run; a tag that is not listed allows anything',
    response: { 200: tagPolicies, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/tags/policies', { schema: all }, async () => ({ policies: await port.tags.policies() }));

  const put = {
    tags,
    summary: 'Say what a tag allows: beyond that its check holds it before a row is written',
    params: z.object({ tag_id: z.coerce.number().int().positive() }),
    body: policyBody,
    response: { 200: tagPolicy, ...ERRORS_OF_ROUTE },
  };
  app.put('/api/v1/tags/:tag_id/policy', { schema: put }, async ({ params: { tag_id: tagId }, body }) =>
    port.tags.setPolicy(tagId, body, whoOf(guard)),
  );
}
