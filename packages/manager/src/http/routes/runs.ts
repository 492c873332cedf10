import {
  type CreateRunBody,
  createRunAnswer,
  createRunBody,
  instanceDetail,
  listQuery,
  runGraph,
  runList,
  runReport,
} from '@tagmill/shared/api/runs';
import { runRecord } from '@tagmill/shared/api/records';
import { whyAnswer } from '@tagmill/shared/api/why';
import { TagmillError } from '@tagmill/shared/errors';
import type { AttemptRecord, ShardsRecord, StoryRecord } from '@tagmill/shared/feed/views';
import { instanceId } from '@tagmill/shared/ids';
import { z } from 'zod';
import type { ManagerPort, RunRequest } from '../../port.ts';
import type { App, RouteContext } from '../app.ts';
import { USERS_BODY_LIMIT_BYTES } from '../options.ts';
import { compact, ERRORS_OF_ROUTE, runOf, whoOf } from './answers.ts';
import { pageOf } from './pages.ts';

const tags = ['runs'];
const params = z.object({ run_id: z.string().max(200) });
const instanceParams = params.extend({ name: z.string().max(400) });

export function runRoutes(app: App, { port, guard, live }: RouteContext): void {
  const create = { tags, summary: 'Start a run', body: createRunBody, response: { 202: createRunAnswer, ...ERRORS_OF_ROUTE } };
  app.post('/api/v1/runs', { bodyLimit: USERS_BODY_LIMIT_BYTES, schema: create }, async (request, reply) => {
    const runId = await port.createRun(requestOf(request.body, whoOf(guard, request)));
    return reply.code(202).header('location', `/api/v1/runs/${runId}`).send({ run_id: runId });
  });

  const list = { tags, summary: 'Runs, newest first', querystring: listQuery, response: { 200: runList, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/runs', { schema: list }, async (request) => {
    const page = pageOf(port.listRuns(), request.query.limit, request.query.cursor);
    return { runs: page.runs, next_cursor: page.nextCursor };
  });

  const get = { tags, summary: 'One run', params, response: { 200: runRecord, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/runs/:run_id', { schema: get }, async (request) => runOf(port, request.params.run_id));

  const graph = { tags, summary: 'Its instances and what waits for what', params, response: { 200: runGraph, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/runs/:run_id/graph', { schema: graph }, async (request) => {
    const run = runOf(port, request.params.run_id);
    return { run, ...(port.getGraph(run.id) ?? { instances: [], edges: [] }) };
  });

  const report = { tags, summary: 'Its report; complete once it has ended', params, response: { 200: runReport, ...ERRORS_OF_ROUTE } };
  app.get('/api/v1/runs/:run_id/report', { schema: report }, async (request) => {
    const found = port.getReport(runOf(port, request.params.run_id).id);
    if (found === undefined) throw new TagmillError('NOT_FOUND', `The run ${request.params.run_id} has no report.`);
    return found;
  });

  const instance = {
    tags,
    summary: 'One instance: state, shards, attempts, story',
    params: instanceParams,
    response: { 200: instanceDetail, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/runs/:run_id/instances/:name', { schema: instance }, async (request) => {
    const run = runOf(port, request.params.run_id);
    live.settle();
    return detailOf(port, run.id, request.params.name);
  });

  const why = {
    tags,
    summary: 'Why an instance waits: what keeps it back now, what it waited for so far',
    params: instanceParams,
    response: { 200: whyAnswer, ...ERRORS_OF_ROUTE },
  };
  app.get('/api/v1/runs/:run_id/instances/:name/why', { schema: why }, async ({ params: { run_id: runId, name } }) => {
    live.settle();
    const found = port.why(runOf(port, runId).id, name);
    if (found === undefined) throw noInstance(runId, name);
    return found;
  });
}

function requestOf(body: CreateRunBody, who: string): RunRequest {
  return {
    mode: body.mode,
    who,
    ...compact({
      tagIds: body.tag_ids,
      userIds: body.user_ids,
      days: body.days,
      businessDate: body.business_date,
      asOf: body.as_of,
      timeZone: body.time_zone,
      shardRows: body.shard_rows,
      shards: body.shards,
    }),
  };
}

const noInstance = (runId: string, name: string): TagmillError =>
  new TagmillError('NOT_FOUND', `The run ${runId} has no instance ${name.slice(0, 100)}.`);

function detailOf(port: ManagerPort, runId: string, name: string): z.infer<typeof instanceDetail> {
  const id = instanceId(runId, name);
  const instance = port.getGraph(runId)?.instances.find((record) => record.id === id);
  if (instance === undefined) throw noInstance(runId, name);
  const tables = port.snapshot(`instance/${id}`) ?? {};
  // The feed's records are the shapes of views.ts by contract with the shell.
  const records = <T>(table: string): T[] => Object.values(tables[table] ?? {}) as unknown as T[];
  return {
    instance,
    shards: records<ShardsRecord>('shards')[0] ?? null,
    attempts: records<AttemptRecord>('attempts').toSorted((a, b) => a.startedAtMs - b.startedAtMs),
    story: records<StoryRecord>('story').toSorted((a, b) => a.atMs - b.atMs),
  };
}
