/** What evaluation does beside the oracle's data: scopes, conditions of task classes, faults, S3. */
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EvaluateResult, PassJob, PassTag, PlanResult, TablesLocation, UserScope } from '@tagmill/shared/job';
import { checkRule } from '@tagmill/shared/rules/check';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type S3Server, startS3Server } from '../../../testkit/src/s3-server.ts';
import { evaluateShard, prefetchShard } from '../../src/engine/evaluate.ts';
import type { Evaluator } from '../../src/engine/evaluator.ts';
import { planTables } from '../../src/engine/plan-tables.ts';
import { openTestEvaluator, passJob, passTag, scratch, type Verdict, verdictsOf } from './fixtures.ts';
import { writeParquet } from './parquet.ts';

const DAY = 'dt=2026-11-22';
let dir: string;
let tables: string;
let remove: () => Promise<void>;
let evaluator: Evaluator;
let location: TablesLocation;

beforeEach(async () => {
  ({ dir, remove } = scratch());
  tables = join(dir, 'tables');
  location = { kind: 'folder', path: tables };
  evaluator = await openTestEvaluator(dir, location);
});
afterEach(async () => {
  evaluator.close();
  await remove();
});

const planned = (shardRows = 1_000_000): Promise<PlanResult> => planTables(evaluator, { tables: location, shardRows });

function ruleOf(plan: PlanResult, rule: unknown): NormalRule {
  const checked = checkRule(JSON.stringify(rule), plan.catalog);
  if (checked.rule === null) throw new Error(JSON.stringify(checked.errors));
  return checked.rule;
}

async function evaluateAll(plan: PlanResult, tags: readonly PassTag[], users: UserScope = { kind: 'all' }): Promise<[string, Verdict][]> {
  const job = passJob(location, plan, tags, users);
  const found: [string, Verdict][] = [];
  for (let shard = 0; shard <= plan.cuts.length; shard += 1) {
    const result = await evaluateShard(evaluator, job, shard);
    const here = verdictsOf(evaluator.spool.path(job.runId, job.pass, shard));
    checkCounts(job, result, here);
    found.push(...here);
  }
  return found;
}

function checkCounts(job: PassJob, result: EvaluateResult, verdicts: readonly [string, Verdict][]): void {
  expect(result.users).toBe(verdicts.length);
  for (const { tagId } of job.tags) {
    const count = (letters: readonly ('T' | 'F' | 'U')[]): number =>
      verdicts.filter(([, v]) => letters.some((letter) => v[letter].includes(tagId))).length;
    expect(result.tags.find((one) => one.tagId === tagId)).toEqual({
      tagId,
      evaluated: count(['T', 'F', 'U']),
      matched: count(['T']),
      unknown: count(['U']),
    });
  }
}

/** `a`: users u00 to u19 with n = 0 to 19 (NULL for every fifth); `b`: users u10 to u29, `registration_date` on as many days. */
async function twoTables(): Promise<void> {
  await writeParquet(
    tables,
    `a/${DAY}/x.parquet`,
    "SELECT printf('u%02d', range) AS user_id, CASE WHEN range % 5 = 0 THEN NULL ELSE range END AS n FROM range(20)",
  );
  await writeParquet(
    tables,
    `b/${DAY}/x.parquet`,
    "SELECT printf('u%02d', range) AS user_id, DATE '2026-11-01' + range::INTEGER AS registration_date, range % 2 = 0 AS even FROM range(10, 30)",
  );
}

const name = (n: number): string => `u${String(n).padStart(2, '0')}`;
const big = { field: 'n', operator: '>=', value: 10 };

describe('who is evaluated', () => {
  it('everybody whom a table that the tag reads has', async () => {
    await twoTables();
    const plan = await planned(7);
    const found = new Map(await evaluateAll(plan, [passTag(3, ruleOf(plan, big)), passTag(40, ruleOf(plan, big), { reads: ['a', 'b'] })]));
    expect(found.size).toBe(30);
    expect(found.get('u11')).toEqual({ T: [3, 40], F: [], U: [] });
    expect(found.get('u01')).toEqual({ T: [], F: [3, 40], U: [] });
    expect(found.get('u25')).toEqual({ T: [], F: [], U: [40] });
  });

  it('those of a list, as far as the tables have them', async () => {
    await twoTables();
    const plan = await planned(7);
    const users = { kind: 'list', users: ['nobody', 'u01', 'u13', 'u29'] } as const;
    const found = await evaluateAll(plan, [passTag(1, ruleOf(plan, big))], users);
    expect(found.map(([user]) => user)).toEqual(['u01', 'u13']);
    expect(await evaluateAll(plan, [passTag(1, ruleOf(plan, big))], { kind: 'list', users: [] })).toEqual([]);
  });

  it('those registered within the days', async () => {
    await twoTables();
    const plan = await planned(7);
    const tag = passTag(1, ruleOf(plan, big), { reads: ['a', 'b'] });
    const found = await evaluateAll(plan, [tag], { kind: 'registered', from: '2026-11-18', to: '2026-11-22' });
    expect(found.map(([user]) => user)).toEqual([17, 18, 19, 20, 21].map(name));
  });

  it('needs one table with a date of registration', async () => {
    await writeParquet(tables, `a/${DAY}/x.parquet`, "SELECT 'u' AS user_id, 1 AS n");
    const plan = await planned();
    const scope = { kind: 'registered', from: '2026-11-18', to: '2026-11-22' } as const;
    await expect(evaluateAll(plan, [passTag(1, ruleOf(plan, big))], scope)).rejects.toMatchObject({ code: 'FIELD_REQUIRED' });
  });

  it('those who meet the conditions of the task class', async () => {
    await twoTables();
    const plan = await planned(7);
    const even = ruleOf(plan, { field: 'even', operator: 'is_true' });
    const always = ruleOf(plan, { field: 'n', operator: 'is_not_null' });
    const users = passTag(1, always, { reads: ['a', 'b'], onlyUsers: [even] });
    const matches = passTag(2, ruleOf(plan, big), { reads: ['a', 'b'], onlyMatches: [even] });
    const found = new Map(await evaluateAll(plan, [users, matches]));
    // u14: even and 14. u13: odd. u15: odd, n missing. u20: even, not in a. u01: not in b, so not known to be even.
    expect(found.get('u14')).toEqual({ T: [1, 2], F: [], U: [] });
    expect(found.get('u13')).toEqual({ T: [], F: [2], U: [] });
    expect(found.get('u15')).toEqual({ T: [], F: [2], U: [] });
    expect(found.get('u20')).toEqual({ T: [], F: [1], U: [2] });
    expect(found.get('u01')).toEqual({ T: [], F: [2], U: [] });
  });
});

describe('keys', () => {
  it('of any bytes survive, in order', async () => {
    const odd = ['', ' ', '\t', '\n', '"', "'", '\\x41', '\\', 'a\tb', 'a\nb', ',', '\u00e9', 'e\u0301', '😀', '～', 'NULL', '%_'];
    const rows = odd.map((key) => `('${key.replaceAll("'", "''")}')`).join(', ');
    await writeParquet(tables, `a/${DAY}/x.parquet`, `SELECT k AS user_id, 12 AS n FROM (VALUES ${rows}) AS t(k)`);
    await writeParquet(tables, `a/${DAY}/y.parquet`, 'SELECT NULL::VARCHAR AS user_id, 12 AS n');
    const plan = await planned(3);
    const found = await evaluateAll(plan, [passTag(1, ruleOf(plan, big))]);
    expect(found.map(([user]) => user)).toEqual([...odd].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(found.every(([, verdict]) => verdict.T.length === 1)).toBe(true);
  });

  it('may be integers, in numeric order', async () => {
    await writeParquet(
      tables,
      `a/${DAY}/x.parquet`,
      'SELECT (range - 5)::INTEGER AS user_id, range AS n FROM range(20) ORDER BY hash(range)',
    );
    await writeParquet(
      tables,
      `b/${DAY}/x.parquet`,
      'SELECT unnest([9223372036854775807, -9223372036854775808, 3]) AS user_id, true AS even',
    );
    const plan = await planned(6);
    const tags = [passTag(1, ruleOf(plan, big)), passTag(2, ruleOf(plan, { field: 'even', operator: 'is_true' }))];
    const found = await evaluateAll(plan, tags);
    const expected = ['-9223372036854775808', ...Array.from({ length: 20 }, (_, n) => String(n - 5)), '9223372036854775807'];
    expect(found.map(([user]) => user)).toEqual(expected);
    expect(new Map(found).get('3')).toEqual({ T: [2], F: [1], U: [] });
    const some = await evaluateAll(plan, tags, { kind: 'list', users: ['-5', '10', '3', 'x'] });
    expect(some.map(([user]) => user)).toEqual(['-5', '3', '10']);
  });

  it('may be bytes that are not marked as text', async () => {
    await writeParquet(tables, `a/${DAY}/x.parquet`, "SELECT encode(printf('u%02d', range)) AS user_id, range AS n FROM range(20)");
    const plan = await planned(6);
    expect((await evaluateAll(plan, [passTag(1, ruleOf(plan, big))])).filter(([, verdict]) => verdict.T.length > 0)).toHaveLength(10);
  });
});

describe('many tags', () => {
  it('have their own bits in the right words', async () => {
    await twoTables();
    const plan = await planned(7);
    const tags = Array.from({ length: 70 }, (_, i) =>
      passTag(i + 1, ruleOf(plan, { field: 'n', operator: '=', value: i % 20, missing: 'no_match' })),
    );
    const found = new Map(await evaluateAll(plan, tags));
    expect(found.get('u07')!.T).toEqual([8, 28, 48, 68]);
    expect(found.get('u07')!.F).toHaveLength(66);
    expect(found.get('u05')!.T).toEqual([]);
  });
});

describe('the same piece', () => {
  it('comes from any number of threads and in every attempt, also of unsorted tables', async () => {
    await writeParquet(
      tables,
      `a/${DAY}/x.parquet`,
      "SELECT printf('u%06d', range) AS user_id, range AS n FROM range(300000) ORDER BY hash(range)",
      ', ROW_GROUP_SIZE 30000',
    );
    await writeParquet(
      tables,
      `b/${DAY}/x.parquet`,
      "SELECT printf('u%06d', range) AS user_id, range % 2 = 0 AS even FROM range(300000)",
      ', ROW_GROUP_SIZE 30000',
    );
    const plan = await planned(200_000);
    const job = passJob(location, plan, [passTag(1, ruleOf(plan, big)), passTag(2, ruleOf(plan, { field: 'even', operator: 'is_true' }))]);
    const two = await openTestEvaluator(join(dir, 'two'), location, undefined, 2);
    const hashes = async (one: Evaluator): Promise<string[]> => [
      (await evaluateShard(one, job, 0)).pieceHash,
      (await evaluateShard(one, job, 1)).pieceHash,
    ];
    try {
      const first = await hashes(evaluator);
      expect(await hashes(evaluator)).toEqual(first);
      expect(await hashes(two)).toEqual(first);
      expect(new Set(first).size).toBe(2);
    } finally {
      two.close();
    }
  });
});

describe('faults', () => {
  const evaluate = (plan: PlanResult): Promise<unknown> => evaluateAll(plan, [passTag(1, ruleOf(plan, big))]);

  it('a user with two rows in a table', async () => {
    await writeParquet(tables, `a/${DAY}/x.parquet`, "SELECT printf('u%02d', range % 18) AS user_id, range AS n FROM range(20)");
    const facts = { table: 'a', duplicates: 2 };
    await expect(evaluate(await planned())).rejects.toMatchObject({ code: 'TABLE_DUPLICATE_KEY', facts });
  });

  it('a file that changes after the plan', async () => {
    await twoTables();
    const plan = await planned();
    const file = join(tables, `a/${DAY}/x.parquet`);
    utimesSync(file, 1, 1);
    await expect(evaluate(plan)).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
  });

  it('a file whose pages are broken', async () => {
    await twoTables();
    const file = join(tables, `a/${DAY}/x.parquet`);
    const bytes = readFileSync(file);
    const plan = await planned();
    writeFileSync(file, bytes.fill(0xff, 4, 120));
    // The same pins, so that only the content is wrong.
    const again = await planTables(evaluator, { tables: location, shardRows: 100, only: ['b', 'a'], users: ['u01'] });
    await expect(evaluateAll({ ...again, catalog: plan.catalog }, [passTag(1, ruleOf(plan, big))])).rejects.toMatchObject({
      code: 'TABLE_UNREADABLE',
      facts: { table: 'a' },
    });
  });

  it('a spool without room leaves no piece', async () => {
    await twoTables();
    const plan = await planned();
    evaluator.spool.reserve = () => Promise.reject(Object.assign(new Error('full'), { code: 'DISK_FULL' }));
    await expect(evaluate(plan)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(readdirSync(dir)).not.toContain('spool');
  });

  it('an abort ends the query', async () => {
    await twoTables();
    const plan = await planned();
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    const job = passJob(location, plan, [passTag(1, ruleOf(plan, big))]);
    await expect(evaluateShard(evaluator, job, 0, stop.signal)).rejects.toThrow('stopped');
    expect((await evaluateShard(evaluator, job, 0)).users).toBe(20);
  });
});

describe('from S3', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3Server();
    await server.createBucket('data');
  });
  afterAll(() => server.stop());

  const openS3 = async (prefix: string): Promise<Evaluator> => {
    await server.upload('data', prefix, tables);
    location = { kind: 's3', bucket: 'data', prefix, endpoint: server.endpoint };
    evaluator.close();
    evaluator = await openTestEvaluator(dir, location, { credentials: server.credentials, backoffMs: 1 });
    return evaluator;
  };

  it('reads little more than the column chunks it needs, and nothing twice', async () => {
    const wide = Array.from({ length: 10 }, (_, i) => `hash(range, ${i}) AS c${i}`).join(', ');
    await writeParquet(
      tables,
      `a/${DAY}/x.parquet`,
      `SELECT printf('u%06d', range) AS user_id, range AS n, ${wide} FROM range(100000)`,
      ', ROW_GROUP_SIZE 10000',
    );
    await openS3('wide');
    const plan = await planned(25_000);
    expect(plan.cuts).toHaveLength(3);
    const job = passJob(location, plan, [passTag(1, ruleOf(plan, big))]);
    const first = await evaluateShard(evaluator, job, 1);
    await prefetchShard(evaluator, job, 2);
    expect((await evaluateShard(evaluator, job, 2)).bytesRead).toBe(0);
    // Three row groups of ten, two columns of 12 (the keys came with the plan): far less than the file's 8 MB.
    expect(first.users).toBe(25_000);
    expect(first.bytesRead).toBeGreaterThan(0);
    expect(first.bytesRead).toBeLessThan(400_000);
    const again = await evaluateShard(evaluator, job, 1);
    expect([again.bytesRead, again.pieceHash]).toEqual([0, first.pieceHash]);
    expect(readdirSync(join(dir, 'cache/sparse'))).toEqual([]);
  });

  it('an object that changes after the plan fails the run', async () => {
    await twoTables();
    await openS3('changing');
    const plan = await planned();
    await server.put(
      'data',
      `changing/a/${DAY}/x.parquet`,
      Buffer.concat([readFileSync(join(tables, `a/${DAY}/x.parquet`))]).fill(1, 4, 8),
    );
    const job = passJob(location, plan, [passTag(1, ruleOf(plan, big))]);
    const fresh = await openTestEvaluator(join(dir, 'fresh'), location, { credentials: server.credentials });
    await expect(evaluateShard(fresh, job, 0)).rejects.toMatchObject({ code: 'INPUT_CHANGED' });
    fresh.close();
  });
});

describe('a large table in no order', () => {
  it('is sorted once into the cache, for all processes, and gives the same', async () => {
    const stamps = "TIMESTAMP '2026-11-01 00:00:00' + INTERVAL 1 SECOND * range";
    await writeParquet(
      tables,
      `a/${DAY}/x.parquet`,
      `SELECT printf('u%06d', range) AS user_id, range AS n, ${stamps} AS local FROM range(30000) ORDER BY hash(range)`,
      ', ROW_GROUP_SIZE 6000',
    );
    await writeParquet(
      tables,
      `a/${DAY}/y.parquet`,
      "SELECT printf('u%06d', range) AS user_id, range AS n FROM range(30000, 60000) ORDER BY hash(range)",
      ', ROW_GROUP_SIZE 6000',
    );
    const plan = await planned(5_000);
    const tags = [passTag(1, ruleOf(plan, big)), passTag(2, ruleOf(plan, { field: 'local', operator: 'before', value: '2026-11-01' }))];
    const plain = await evaluateAll(plan, tags);
    const steps: string[] = [];
    const open = (): Promise<Evaluator> =>
      openTestEvaluator(join(dir, 'sorting'), location, undefined, 1, {
        sortRows: 1_000,
        onPreparation: (text) => steps.push(text),
      });
    const [one, two] = [await open(), await open()];
    try {
      const evaluate = async (own: Evaluator): Promise<[string, Verdict][]> => {
        evaluator.close();
        evaluator = own;
        return evaluateAll(plan, tags);
      };
      const job = passJob(location, plan, tags);
      const both = await Promise.all([evaluateShard(one, job, 0), evaluateShard(two, { ...job }, 0)]);
      expect(both[0]!.pieceHash).toBe(both[1]!.pieceHash);
      expect(await evaluate(one)).toEqual(plain);
      expect(steps).toEqual(['sorts a by user, once for all runs over these 60000 rows', '']);
      expect(readdirSync(join(dir, 'sorting/cache/sorted')).filter((file) => /lock|tmp/.test(file))).toEqual([]);
    } finally {
      two.close();
    }
  });
});
