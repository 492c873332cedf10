import { drainAnswer, executorList } from '@tagmill/shared/api/service';
import { TagmillError } from '@tagmill/shared/errors';
import { z } from 'zod';
import type { App, RouteContext } from '../app.ts';
import { ERRORS_OF_ROUTE } from './answers.ts';

const tags = ['executors'];

export function executorRoutes(app: App, { port }: RouteContext): void {
  const list = { tags, summary: 'The executors and how they stand', response: { 200: executorList, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/executors', { schema: list }, async () => ({ executors: port.listExecutors() }));

  const params = z.object({ executor_id: z.string().max(200) });
  const drain = { tags, summary: 'Give it no more work; it ends what it has', params, response: { 202: drainAnswer, ...ERRORS_OF_ROUTE } };
  app.post('/api/v1/executors/:executor_id/drain', { schema: drain }, async (request, reply) => {
    const { executor_id } = request.params;
    if (!port.drainExecutor(executor_id))
      throw new TagmillError('NOT_FOUND', `There is no executor ${executor_id}; GET /api/v1/executors lists those there are.`);
    return reply.code(202).send({ executor_id, state: 'draining' as const });
  });
}
