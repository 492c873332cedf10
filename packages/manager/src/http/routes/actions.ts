import { actionAnswer, actionBody } from '@tagmill/shared/api/runs';
import { z } from 'zod';
import type { App, RouteContext } from '../app.ts';
import { ERRORS_OF_ROUTE, runOf, whoOf } from './answers.ts';

const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

export function actionRoute(app: App, { port, guard }: RouteContext): void {
  const schema = {
    tags: ['runs'],
    summary: 'Run, skip, stop, hold, release, retry, rerun or mark instances; `dry_run` previews',
    params: z.object({ run_id: z.string().max(200) }),
    body: actionBody,
    response: { 200: actionAnswer, ...ERRORS_OF_ROUTE },
  };
  app.post('/api/v1/runs/:run_id/actions', { bodyLimit: BODY_LIMIT_BYTES, schema }, async (request) =>
    port.act(runOf(port, request.params.run_id).id, request.body, whoOf(guard, request)),
  );
}
