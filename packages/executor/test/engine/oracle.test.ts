/** Every user and tag of the fixtures against results that were computed elsewhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EvaluateResult, TablesLocation } from '@tagmill/shared/job';
import { RULE_ENGINES } from '@tagmill/shared/rule-engine';
import { type S3Server, startS3Server } from '../../../testkit/src/s3-server.ts';
import { evaluateShard } from '../../src/engine/evaluate.ts';
import type { Evaluator } from '../../src/engine/evaluator.ts';
import { planTables } from '../../src/engine/plan-tables.ts';
import type { S3StoreOptions } from '../../src/sources/s3.ts';
import {
  BUSINESS_DATE,
  expectedVerdicts,
  fixtureTags,
  openTestEvaluator,
  passJob,
  scratch,
  TABLES,
  type Verdict,
  verdictsOf,
} from './fixtures.ts';

const BUCKET = 'lake';
let server: S3Server;

beforeAll(async () => {
  server = await startS3Server();
  await server.createBucket(BUCKET);
  await server.upload(BUCKET, 'warehouse/tables', TABLES);
});
afterAll(() => server.stop());

interface Evaluated {
  readonly verdicts: Map<string, Verdict>;
  readonly order: readonly string[];
  readonly results: readonly EvaluateResult[];
}

async function evaluateAll(evaluator: Evaluator, location: TablesLocation, shardRows: number): Promise<Evaluated & { shards: number }> {
  const plan = await planTables(evaluator, { tables: location, businessDate: BUSINESS_DATE, shardRows });
  expect(plan.faults).toEqual([]);
  const job = passJob(location, plan, fixtureTags(plan));
  const results: EvaluateResult[] = [];
  const found: [string, Verdict][] = [];
  for (let shard = 0; shard <= plan.cuts.length; shard += 1) {
    results.push(await evaluateShard(evaluator, job, shard));
    found.push(...verdictsOf(evaluator.spool.path('run', 1, shard)));
  }
  return { verdicts: new Map(found), order: found.map(([user]) => user), results, shards: results.length };
}

const locations: readonly [string, () => TablesLocation, () => S3StoreOptions | undefined][] = [
  ['a folder', () => ({ kind: 'folder', path: TABLES }), () => undefined],
  [
    'S3',
    () => ({ kind: 's3', bucket: BUCKET, prefix: 'warehouse/tables', endpoint: server.endpoint }),
    () => ({ credentials: server.credentials }),
  ],
];

describe.each(locations)('the fixtures from %s', (_, location, s3) => {
  it.each([
    [1, 1_000_000, 'index'],
    [7, 3_000, 'index'],
    [7, 3_000, 'sql'],
    [100, 200, 'auto'],
  ] as const)('in %i shards of %i users by %s', async (shards, shardRows, engine) => {
    const { dir, remove } = scratch();
    const evaluator = await openTestEvaluator(dir, location(), s3(), 1, { engine });
    try {
      const got = await evaluateAll(evaluator, location(), shardRows);
      expect(got.shards).toBe(shards);
      expect(got.verdicts.size).toBe(got.order.length);
      const expected = expectedVerdicts();
      const wrong = [...expected].filter(([user, verdict]) => JSON.stringify(got.verdicts.get(user)) !== JSON.stringify(verdict));
      expect(wrong.slice(0, 5).map(([user, verdict]) => ({ user, verdict, got: got.verdicts.get(user) }))).toEqual([]);
      expect(got.order).toEqual([...expected.keys()]);
      const sizes = got.results.map((result) => result.users);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(Math.ceil((20_000 / shards) * 0.1));
    } finally {
      evaluator.close();
      await remove();
    }
  });

  it('for a few users alone, looked up by their keys', async () => {
    const { dir, remove } = scratch();
    const evaluator = await openTestEvaluator(dir, location(), s3());
    try {
      const expected = expectedVerdicts();
      const users = [...expected.keys()].filter((_, index) => index % 997 === 3);
      const asked = { tables: location(), businessDate: BUSINESS_DATE, shardRows: 10, users };
      const plan = await planTables(evaluator, asked);
      const job = passJob(location(), plan, fixtureTags(plan), { kind: 'list', users });
      const found: [string, Verdict][] = [];
      for (let shard = 0; shard <= plan.cuts.length; shard += 1) {
        await evaluateShard(evaluator, job, shard);
        found.push(...verdictsOf(evaluator.spool.path('run', 1, shard)));
      }
      expect(plan.cuts).toHaveLength(2);
      expect(found).toEqual(users.map((user) => [user, expected.get(user)]));
    } finally {
      evaluator.close();
      await remove();
    }
  });
});

it('a piece is the same whatever evaluates the conditions', async () => {
  const location = { kind: 'folder', path: TABLES } as const;
  const hashes: string[][] = [];
  for (const engine of RULE_ENGINES) {
    const { dir, remove } = scratch();
    const evaluator = await openTestEvaluator(dir, location, undefined, 1, { engine });
    try {
      hashes.push((await evaluateAll(evaluator, location, 3_000)).results.map((result) => result.pieceHash));
    } finally {
      evaluator.close();
      await remove();
    }
  }
  expect(hashes[0]).toHaveLength(7);
  expect(new Set(hashes.map((own) => own.join(' '))).size).toBe(1);
});
