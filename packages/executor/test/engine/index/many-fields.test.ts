/** More fields than are carried over as lists: they come as a stream, from several files, in and out of order. */
import { join } from 'node:path';
import type { PassTag, PlanResult, TablesLocation } from '@tagmill/shared/job';
import type { RuleEngine } from '@tagmill/shared/rule-engine';
import { checkRule } from '@tagmill/shared/rules/check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compilePass } from '../../../src/engine/compile-pass.ts';
import { evaluateShard } from '../../../src/engine/evaluate.ts';
import { planTables } from '../../../src/engine/plan-tables.ts';
import { openTestEvaluator, passJob, passTag, scratch } from '../fixtures.ts';
import { writeParquet } from '../parquet.ts';

const DAY = 'dt=2026-11-22';
const FIELDS = 24;

let dir: string;
let remove: () => Promise<void>;
let location: TablesLocation;

beforeEach(() => {
  ({ dir, remove } = scratch());
  location = { kind: 'folder', path: join(dir, 'tables') };
});
afterEach(() => remove());

/** Numbers, decimals, doubles, days, words and instants, of which a tenth is missing, and some are none or in no calendar. */
const columns = (last: number): string =>
  Array.from({ length: last }, (_, at) => {
    const picked = `(hash(range, ${at}) % 1000)::BIGINT`;
    const forms = [
      picked,
      `(${picked} / 7)::DECIMAL(20,8)`,
      `CASE WHEN ${picked} = 11 THEN 'NaN'::DOUBLE ELSE (${picked})::DOUBLE END`,
      `CASE ${picked} WHEN 11 THEN 'infinity'::DATE WHEN 12 THEN DATE '12026-11-22' ELSE DATE '2026-11-22' - (${picked})::INTEGER END`,
      `['a', 'b', 'C'][1 + ${picked} % 3]`,
      `CASE ${picked} WHEN 11 THEN 'infinity'::TIMESTAMP WHEN 12 THEN TIMESTAMP '0001-01-01 00:00:00' - INTERVAL 1 MICROSECOND ELSE TIMESTAMP '2026-11-22 10:00:00.000001' - INTERVAL (${picked}) HOUR END`,
      `to_timestamp(1795000000 + ${picked} * 3600 + CASE WHEN ${picked} = 11 THEN 300000000000 ELSE 0 END)`,
    ];
    return `CASE WHEN hash(range, ${at}, 'null') % 10 > 0 THEN ${forms[at % forms.length]} END AS f${at}`;
  }).join(', ');

/** Some conditions of every field, one of which no index answers. */
function tagsOf(plan: PlanResult): PassTag[] {
  const rules = Array.from({ length: FIELDS }, (_, at) => {
    const field = `f${at}`;
    const pairs = [
      [
        { operator: '>=', value: 300 },
        { operator: 'not_in_range', value: [100, 200], missing: 'match' },
      ],
      [
        { operator: '<', value: 50 },
        { operator: 'in', value: [1, 2, 3] },
      ],
      [
        { operator: '!=', value: 7 },
        { operator: '>', value: 900.5 },
      ],
      [
        { operator: 'recent_days', value: 90 },
        { operator: 'before', value: '2025-01-01' },
      ],
      [
        { operator: '=', value: 'c', case: 'fold' },
        { operator: 'not_in', value: ['a', 'x'] },
        { operator: 'contains', value: at > 10 ? 'b' : 'a' },
      ],
      [
        { operator: 'recent_days', value: 9 },
        { operator: 'before', value: '2026-11-01' },
      ],
      [
        { operator: 'after', value: '2026-11-20' },
        { operator: 'before', value: '2026-12-01', missing: 'match' },
      ],
    ][at % 7]!;
    return { logic: at % 2 === 0 ? 'AND' : 'OR', conditions: [...pairs, { operator: 'is_not_null' }].map((leaf) => ({ field, ...leaf })) };
  });
  return rules.map((written, at) => {
    const { rule, errors } = checkRule(JSON.stringify(written), plan.catalog);
    if (rule === null) throw new Error(JSON.stringify(errors));
    return passTag(at + 1, rule);
  });
}

async function hashesBy(
  engine: RuleEngine,
  threads: number,
): Promise<{ hashes: string[]; users: number; castErrors: number; values: number }> {
  const evaluator = await openTestEvaluator(join(dir, `${engine}-${threads}`), location, undefined, threads, { engine });
  try {
    const plan = await planTables(evaluator, { tables: location, shardRows: 9_000 });
    const job = passJob(location, plan, tagsOf(plan));
    const hashes: string[] = [];
    let [users, castErrors] = [0, 0];
    for (let shard = 0; shard <= plan.cuts.length; shard += 1) {
      const result = await evaluateShard(evaluator, job, shard);
      hashes.push(result.pieceHash);
      users += result.users;
      castErrors += result.castErrors;
    }
    return { hashes, users, castErrors, values: compilePass(job, engine).tables[0]?.index?.values.length ?? 0 };
  } finally {
    evaluator.close();
  }
}

it('gives the same pieces as SQL, with one thread and with two', async () => {
  const tables = join(dir, 'tables');
  const rows = (from: number, to: number): string =>
    `SELECT printf('u%06d', range) AS user_id, ${columns(FIELDS)} FROM range(${from}, ${to})`;
  await writeParquet(tables, `t/${DAY}/a.parquet`, rows(0, 12_000), ', ROW_GROUP_SIZE 2048');
  await writeParquet(tables, `t/${DAY}/b.parquet`, `${rows(12_000, 20_000)} ORDER BY hash(range)`, ', ROW_GROUP_SIZE 2048');
  const fewer = `SELECT printf('u%06d', range) AS user_id, ${columns(FIELDS - 3)} FROM range(20000, 27001)`;
  await writeParquet(tables, `t/${DAY}/c.parquet`, fewer);
  const sql = await hashesBy('sql', 1);
  expect(sql).toMatchObject({ users: 27_001, values: 0 });
  expect(new Set(sql.hashes).size).toBe(4);
  const streamed = await hashesBy('index', 1);
  expect(streamed.values).toBeGreaterThanOrEqual(12);
  expect(streamed.hashes).toEqual(sql.hashes);
  expect(sql.castErrors).toBeGreaterThan(100);
  expect(streamed.castErrors).toBe(sql.castErrors);
  for (const [engine, threads] of [
    ['index', 2],
    ['auto', 1],
  ] as const) {
    const { hashes, castErrors } = await hashesBy(engine, threads);
    expect(hashes).toEqual(sql.hashes);
    expect(castErrors).toBe(sql.castErrors);
  }
});
