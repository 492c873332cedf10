import { listAnswer, listBody, listName, listQuery, listRecord, listRecords } from '@tagmill/shared/api/lists';
import { z } from 'zod';
import type { App, RouteContext } from '../app.ts';
import { USERS_BODY_LIMIT_BYTES } from '../options.ts';
import { ERRORS_OF_ROUTE, whoOf } from './answers.ts';

const tags = ['rules'];
const params = z.object({ name: listName });

/** Uploaded lists: the values of `in_list`. */
export function listRoutes(app: App, { port, guard }: RouteContext): void {
  const all = { tags, summary: 'The uploaded lists', response: { 200: listRecords, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/lists', { schema: all }, async () => ({ lists: await port.lists.all() }));

  const get = {
    tags,
    summary: 'One list and its values',
    params,
    querystring: listQuery,
    response: { 200: listAnswer, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/lists/:name', { schema: get }, async ({ params: { name }, query }) => port.lists.get(name, query.limit));

  const put = {
    tags,
    summary: 'Upload a list; one of that name gets these values',
    params,
    body: listBody,
    response: { 200: listRecord, ...ERRORS_OF_ROUTE },
  };
  app.put('/api/v1/lists/:name', { bodyLimit: USERS_BODY_LIMIT_BYTES, schema: put }, async (request) =>
    port.lists.put(request.params.name, request.body, whoOf(guard, request)),
  );

  const gone = z.object({ dropped: z.string() }).meta({ id: 'ListDropped' });
  const drop = { tags, summary: 'Remove a list; rules that name it fail', params, response: { 200: gone, ...ERRORS_OF_ROUTE } };
  app.delete('/api/v1/lists/:name', { schema: drop }, async ({ params: { name } }) => {
    await port.lists.drop(name);
    return { dropped: name };
  });
}
