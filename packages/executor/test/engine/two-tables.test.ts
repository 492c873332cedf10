/** Conditions over fields of two tables, against the reference, however the users are cut. */
import { join } from 'node:path';
import type { TablesLocation } from '@tagmill/shared/job';
import { checkRule } from '@tagmill/shared/rules/check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { evaluateShard } from '../../src/engine/evaluate.ts';
import type { Evaluator } from '../../src/engine/evaluator.ts';
import { planTables } from '../../src/engine/plan-tables.ts';
import { BUSINESS_DATE, openTestEvaluator, passJob, passTag, scratch } from './fixtures.ts';
import { writeParquet } from './parquet.ts';
import { cutsOf, letters, type RowsByUser, referenceLetters } from './wide-support.ts';

let dir: string;
let remove: () => Promise<void>;
let evaluator: Evaluator;
let location: TablesLocation;

beforeEach(async () => {
  ({ dir, remove } = scratch());
  location = { kind: 'folder', path: join(dir, 'tables') };
  evaluator = await openTestEvaluator(dir, location);
});
afterEach(async () => {
  evaluator.close();
  await remove();
});

const RULES = [
  { field: 'coins', operator: '>', other: 'spent' },
  { field: 'spent', operator: '<=', other: 'coins', factor: 2, plus: '-10.5' },
  { field: 'coins', operator: 'ratio', other: 'spent', compare: 'in_range', value: [0.5, 2], missing: 'match' },
  { field: 'opened', operator: '<', other: 'closed', plus: 3, missing: 'no_match' },
  {
    logic: 'OR',
    conditions: [
      { logic: 'NOT', conditions: [{ field: 'name', operator: '=', other: 'word', case: 'fold' }] },
      { field: 'coins', operator: 'is_null' },
    ],
  },
];

it('equals the reference at 1, 2, 8 and 64 shards', async () => {
  const a: RowsByUser = new Map();
  const b: RowsByUser = new Map();
  for (let n = 0; n < 600; n += 1) {
    const user = `u${String(n).padStart(4, '0')}`;
    const day = `2026-${String(1 + (n % 12)).padStart(2, '0')}-10`;
    if (n % 5 !== 0) a.set(user, { coins: n % 7 === 0 ? null : String(n % 50), opened: day, name: n % 2 === 0 ? 'Ä' : 'x' });
    if (n % 3 !== 0) b.set(user, { spent: n % 11 === 0 ? null : `${n % 40}.25`, closed: '2026-06-11', word: 'ä' });
  }
  await writeParquet(
    join(dir, 'tables'),
    `a/dt=${BUSINESS_DATE}/x.parquet`,
    valuesSql(a, { coins: 'BIGINT', opened: 'DATE', name: 'VARCHAR' }),
  );
  await writeParquet(
    join(dir, 'tables'),
    `b/dt=${BUSINESS_DATE}/x.parquet`,
    valuesSql(b, { spent: 'DECIMAL(10,2)', closed: 'DATE', word: 'VARCHAR' }),
    ', ROW_GROUP_SIZE 2048',
  );
  const plan = await planTables(evaluator, { tables: location, shardRows: 1_000_000 });
  const tags = RULES.map((rule, at) => {
    const checked = checkRule(rule, plan.catalog);
    if (checked.rule === null) throw new Error(JSON.stringify(checked.errors));
    return passTag(at + 1, checked.rule);
  });
  const expected = referenceLetters(tags, { a, b });
  expect(new Set(expected.values()).size).toBeGreaterThan(10);
  for (const shards of [1, 2, 8, 64]) {
    const job = passJob(location, { ...plan, cuts: cutsOf([...expected.keys()], shards) }, tags);
    expect(await letters(evaluator, job, evaluateShard)).toEqual(expected);
  }
});

function valuesSql(rows: RowsByUser, types: Readonly<Record<string, string>>): string {
  const names = Object.keys(types);
  const tuples = [...rows].map(([user, row]) => {
    const cells = names.map((name) => (row[name] === null ? 'NULL' : `'${String(row[name])}'`));
    return `('${user}', ${cells.join(', ')})`;
  });
  const columns = names.map((name) => `"${name}"::${types[name]} AS "${name}"`);
  return `SELECT user_id, ${columns.join(', ')} FROM (VALUES ${tuples.join(', ')}) AS v(user_id, ${names.map((name) => `"${name}"`).join(', ')})`;
}
