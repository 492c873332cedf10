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
const FIELDS = 16;

let dir: string;
let remove: () => Promise<void>;
let location: TablesLocation;

beforeEach(() => {
  ({ dir, remove } = scratch());
  location = { kind: 'folder', path: join(dir, 'tables') };
});
afterEach(() => remove());

/** Numbers, decimals, doubles, days and words, of which a tenth is missing. */
const columns = (last: number): string =>
  Array.from({ length: last }, (_, at) => {
    const picked = `(hash(range, ${at}) % 1000)::BIGINT`;
    const forms = [
      picked,
      `(${picked} / 7)::DECIMAL(20,8)`,
      `(${picked})::DOUBLE`,
      `DATE '2026-11-22' - (${picked})::INTEGER`,
      `['a', 'b', 'C'][1 + ${picked} % 3]`,
    ];
    return `CASE WHEN hash(range, ${at}, 'null') % 10 > 0 THEN ${forms[at % forms.length]} END AS f${at}`;
  }).join(', ');

/** Two conditions of every field. */
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
      ],
    ][at % 5]!;
    return { logic: at % 2 === 0 ? 'AND' : 'OR', conditions: [...pairs, { operator: 'is_not_null' }].map((leaf) => ({ field, ...leaf })) };
  });
  return rules.map((written, at) => {
    const { rule, errors } = checkRule(JSON.stringify(written), plan.catalog);
    if (rule === null) throw new Error(JSON.stringify(errors));
    return passTag(at + 1, rule);
  });
}

async function hashesBy(engine: RuleEngine, threads: number): Promise<{ hashes: string[]; users: number; values: number }> {
  const evaluator = await openTestEvaluator(join(dir, `${engine}-${threads}`), location, undefined, threads, { engine });
  try {
    const plan = await planTables(evaluator, { tables: location, shardRows: 9_000 });
    const job = passJob(location, plan, tagsOf(plan));
    const hashes: string[] = [];
    let users = 0;
    for (let shard = 0; shard <= plan.cuts.length; shard += 1) {
      const result = await evaluateShard(evaluator, job, shard);
      hashes.push(result.pieceHash);
      users += result.users;
    }
    return { hashes, users, values: compilePass(job, engine).tables[0]?.index?.values.length ?? 0 };
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
  expect((await hashesBy('index', 2)).hashes).toEqual(sql.hashes);
  expect((await hashesBy('auto', 1)).hashes).toEqual(sql.hashes);
});
