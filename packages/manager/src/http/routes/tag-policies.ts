import { overrideBody, tagOverride, tagOverrides } from '@tagmill/shared/api/tag-overrides';
import { policyBody, tagPolicies, tagPolicy } from '@tagmill/shared/api/tag-policy';
import { z } from 'zod';
import type { App, RouteContext } from '../app.ts';
import { ERRORS_OF_ROUTE, whoOf } from './answers.ts';

const tags = ['tags'];

/** What tags allow of a run before their check holds them, and who has them by hand. */
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
  app.put('/api/v1/tags/:tag_id/policy', { schema: put }, async (request) =>
    port.tags.setPolicy(request.params.tag_id, request.body, whoOf(guard, request)),
  );

  const overrides = {
    tags,
    summary: 'Users who have a tag, or have it not, by hand',
    params: z.object({ tag_id: z.coerce.number().int().positive() }),
    response: { 200: tagOverrides, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/tags/:tag_id/overrides', { schema: overrides }, async ({ params }) => ({
    overrides: await port.tags.overrides(params.tag_id),
  }));

  const override = {
    tags,
    summary: 'Give a user a tag by hand, or keep it from them, whatever rules say; or let the rule decide again',
    params: z.object({ user_id: z.string().min(1).max(100), tag_id: z.coerce.number().int().positive() }),
    body: overrideBody,
    response: { 200: tagOverride, ...ERRORS_OF_ROUTE },
  };
  app.put('/api/v1/users/:user_id/tags/:tag_id/override', { schema: override }, async (request) =>
    port.tags.setOverride(request.params.user_id, request.params.tag_id, request.body, whoOf(guard, request)),
  );
}
