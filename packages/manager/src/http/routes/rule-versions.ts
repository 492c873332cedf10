import {
  diffAnswer,
  explainAnswer,
  proposalList,
  publishBody,
  restoreBody,
  reviewBody,
  ruleAnswer,
  type SaveAnswer,
  saveAnswer,
  saveBody,
  testAnswer,
  versionList,
} from '@tagmill/shared/api/rules';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RuleWriter } from '../../port-rules.ts';
import type { App, RouteContext } from '../app.ts';
import type { Guard } from '../guard.ts';
import { ERRORS_OF_ROUTE, whoOf } from './answers.ts';

const tags = ['rules'];
const params = z.object({ tag_id: z.coerce.number().int().positive() });
/** The ETag that the writer saw; without one the answer is 428. */
const headers = z.object({ 'if-match': z.string().max(200).optional() });
const version = z.coerce.number().int().positive().optional();

const REVIEWS = [
  ['propose', 'Ask for a draft to go live'],
  ['approve', 'Make a proposed version live; by somebody else than its writer'],
  ['reject', 'Say no to a proposed version'],
] as const;

/** Rules of tags: their versions, each kept for good. */
export function ruleVersionRoutes(app: App, { port, guard }: RouteContext): void {
  const get = { tags, summary: 'The live rule of a tag, and its draft', params, response: { 200: ruleAnswer, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/tags/:tag_id/rule', { schema: get }, async (request, reply) => {
    const answer = await port.rules.get(request.params.tag_id);
    return reply.header('etag', answer.etag).send(answer);
  });

  const put = {
    tags,
    summary: 'Save a new version; refused with all errors when it is broken',
    params,
    headers,
    body: saveBody,
    response: { 200: saveAnswer, ...ERRORS_OF_ROUTE },
  };
  app.put('/api/v1/tags/:tag_id/rule', { schema: put }, async (request, reply) =>
    written(reply, await port.rules.save(request.params.tag_id, request.body, writerOf(request, guard))),
  );

  const list = { tags, summary: 'Every version of a rule, newest first', params, response: { 200: versionList, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/tags/:tag_id/rule/versions', { schema: list }, async (request, reply) => {
    const answer = await port.rules.versions(request.params.tag_id);
    return reply.header('etag', answer.etag).send(answer);
  });

  const between = z.strictObject({ from: version, to: version });
  const diff = {
    tags,
    summary: 'What changed between two versions',
    params,
    querystring: between,
    response: { 200: diffAnswer, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/tags/:tag_id/rule/diff', { schema: diff }, async ({ params: { tag_id }, query }) =>
    port.rules.diff(tag_id, query.from, query.to),
  );

  const restore = {
    tags,
    summary: 'An old version as a new live one',
    params,
    headers,
    body: restoreBody,
    response: { 200: saveAnswer, ...ERRORS_OF_ROUTE },
  };
  app.post('/api/v1/tags/:tag_id/rule/restore', { schema: restore }, async (request, reply) =>
    written(reply, await port.rules.restore(request.params.tag_id, request.body, writerOf(request, guard))),
  );

  const publish = {
    tags,
    summary: 'Make a draft live',
    params,
    headers,
    body: publishBody,
    response: { 200: saveAnswer, ...ERRORS_OF_ROUTE },
  };
  app.post('/api/v1/tags/:tag_id/rule/publish', { schema: publish }, async (request, reply) =>
    written(reply, await port.rules.publish(request.params.tag_id, request.body, writerOf(request, guard))),
  );

  for (const [verb, summary] of REVIEWS) {
    const schema = { tags, summary, params, headers, body: reviewBody, response: { 200: saveAnswer, ...ERRORS_OF_ROUTE } };
    app.post(`/api/v1/tags/:tag_id/rule/${verb}`, { schema }, async (request, reply) =>
      written(reply, await port.rules[verb](request.params.tag_id, request.body, writerOf(request, guard))),
    );
  }

  const proposals = { tags, summary: 'Versions that wait for an approval', response: { 200: proposalList, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/rules/proposals', { schema: proposals }, async () => port.rules.proposals());

  const test = { tags, summary: 'Evaluate the live rule on its examples', params, response: { 200: testAnswer, ...ERRORS_OF_ROUTE } };
  app.post('/api/v1/tags/:tag_id/rule/test', { config: { once: true }, schema: test }, async (request) =>
    port.rules.testTag(request.params.tag_id),
  );

  const explain = {
    tags,
    summary: 'Why a user has a tag or not: every condition with its value, and the smallest change that turns it',
    params: params.extend({ user_id: z.string().min(1).max(100) }),
    querystring: z.strictObject({ run: z.string().max(200).optional().describe('The newest run that has the tag, when left out.') }),
    response: { 200: explainAnswer, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/users/:user_id/tags/:tag_id/explain', { schema: explain }, async ({ params: { user_id, tag_id }, query }) =>
    port.rules.explain(user_id, tag_id, query.run),
  );
}

const writerOf = (request: Pick<FastifyRequest, 'headers'>, guard: Guard): RuleWriter => ({
  who: whoOf(guard, request),
  ifMatch: typeof request.headers['if-match'] === 'string' ? request.headers['if-match'] : undefined,
});

function written(reply: FastifyReply, answer: SaveAnswer): SaveAnswer {
  void reply.header('etag', answer.etag);
  return answer;
}
