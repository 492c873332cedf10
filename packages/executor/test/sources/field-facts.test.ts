/** What a plan tells of fields from the footers alone, against the values themselves. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FieldFacts } from '@tagmill/shared/field-facts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { planTables } from '../../src/engine/plan-tables.ts';
import { openTestEvaluator, scratch } from '../engine/fixtures.ts';
import { writeParquet } from '../engine/parquet.ts';

let dir: string;
let tables: string;
let remove: () => Promise<void>;
beforeEach(() => {
  ({ dir, remove } = scratch());
  tables = join(dir, 'tables');
  mkdirSync(tables);
});
afterEach(() => remove());

async function factsOf(): Promise<Map<string, FieldFacts>> {
  const location = { kind: 'folder', path: tables } as const;
  const evaluator = await openTestEvaluator(dir, location);
  try {
    const { facts = [] } = await planTables(evaluator, { tables: location, shardRows: 1_000 });
    return new Map(facts.map((one) => [`${one.table}.${one.field}`, one]));
  } finally {
    evaluator.close();
  }
}

const ends = (facts: FieldFacts | undefined) => [facts?.rows, facts?.nulls, facts?.min, facts?.max];

it('rows, missing values and ends of every type that has an order, over row groups and files', async () => {
  const columns = `printf('u%05d', range) AS user_id,
    CASE WHEN range % 5 = 0 THEN NULL ELSE range::INTEGER - 100 END AS i,
    (range * 1000000000000)::BIGINT AS big, (range / 4)::DOUBLE AS d, (range * 1.25)::DECIMAL(20,8) AS m, (range - 7)::DECIMAL(6,2) AS small,
    CASE WHEN range % 2 = 0 THEN NULL ELSE 'v' || range % 3 END AS s, range % 2 = 0 AS b, DATE '2026-01-01' + range::INTEGER AS day,
    TIMESTAMPTZ '2026-01-01 00:00:00+00' + INTERVAL 1 HOUR * range AS at, [range] AS list, NULL::INTEGER AS nothing`;
  await writeParquet(tables, 't/dt=2026-11-22/a.parquet', `SELECT ${columns} FROM range(0, 5000)`);
  await writeParquet(tables, 't/dt=2026-11-22/b.parquet', `SELECT ${columns}, 'x' AS late FROM range(5000, 6000)`);
  const facts = await factsOf();
  const of = (field: string) => ends(facts.get(`t.${field}`));
  expect(of('i')).toEqual([6000, 1200, '-99', '5899']);
  expect(of('big')).toEqual([6000, 0, '0', '5999000000000000']);
  expect(of('d')).toEqual([6000, 0, '0', '1499.75']);
  expect(of('m')).toEqual([6000, 0, '0', '7498.75']);
  expect(of('small')).toEqual([6000, 0, '-7', '5992']);
  expect(of('s')).toEqual([6000, 3000, 'v0', 'v2']);
  expect(of('b').slice(0, 2)).toEqual([6000, 0]);
  expect(of('day')).toEqual([6000, 0, '2026-01-01', '2042-06-05']);
  expect(of('at')).toEqual([6000, 0, '2026-01-01T00:00:00.000Z', '2026-09-07T23:00:00.000Z']);
  expect(of('list')).toEqual([6000, null, null, null]);
  expect(of('nothing')).toEqual([6000, 6000, null, null]);
  // Missing in the rows of the file that lacks it.
  expect(of('late')).toEqual([6000, 5000, 'x', 'x']);
});

it('infinity and years of five digits are no ends, and no reason to refuse a table', async () => {
  const columns = `'u' || range AS user_id, CASE range WHEN 3 THEN 'infinity'::DATE ELSE DATE '2026-01-01' END AS d,
    CASE range WHEN 3 THEN '-infinity'::TIMESTAMP ELSE TIMESTAMP '2026-01-01 00:00:00' END AS t,
    CASE range WHEN 3 THEN DATE '12026-01-01' ELSE DATE '2026-01-01' END AS far, CASE range WHEN 3 THEN 'NaN'::DOUBLE ELSE 1 END AS n`;
  await writeParquet(tables, 't/dt=2026-11-22/a.parquet', `SELECT ${columns} FROM range(0, 10)`);
  const facts = await factsOf();
  expect(ends(facts.get('t.d'))).toEqual([10, 0, '2026-01-01', null]);
  expect(ends(facts.get('t.t'))).toEqual([10, 0, null, '2026-01-01T00:00:00.000Z']);
  expect(ends(facts.get('t.far'))).toEqual([10, 0, '2026-01-01', null]);
  expect(facts.get('t.n')?.nulls).toBe(0);
});

it('what people say of fields comes from the file beside the tables', async () => {
  await writeParquet(tables, 't/dt=2026-11-22/a.parquet', `SELECT 'u' AS user_id, 1 AS age`);
  const about = { title: { en: 'Age', zh: '年龄' }, domain: 'profile' };
  writeFileSync(join(tables, '_catalog.json'), JSON.stringify({ fields: { t: { age: about, gone: about }, other: { x: about } } }));
  const facts = await factsOf();
  expect(facts.get('t.age')?.about).toEqual(about);
  expect([...facts.keys()]).toEqual(['t.user_id', 't.age']);
});

it('what no footer says is not told', async () => {
  // NaN is in no order, and the end of a long text is cut off.
  await writeParquet(
    tables,
    't/dt=2026-11-22/a.parquet',
    `SELECT 'u' AS user_id, 'nan'::DOUBLE AS d, repeat('长', 500) AS s, '5' AS x UNION ALL SELECT 'v', 1, 'a', '40'`,
  );
  const facts = await factsOf();
  expect(ends(facts.get('t.d')).slice(2)).not.toContain('NaN');
  expect(facts.get('t.s')?.max).toBeNull();
});
