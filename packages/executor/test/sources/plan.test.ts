import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { typeName } from '@tagmill/shared/fields';
import type { PlanRequest, PlanResult } from '@tagmill/shared/job';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestEvaluator, scratch, TABLES } from '../engine/fixtures.ts';
import { query, writeParquet } from '../engine/parquet.ts';
import { planTables } from '../../src/engine/plan-tables.ts';

let dir: string;
let tables: string;
let remove: () => Promise<void>;
beforeEach(() => {
  ({ dir, remove } = scratch());
  tables = join(dir, 'tables');
  mkdirSync(tables);
});
afterEach(() => remove());

async function planOf(path: string, request: Partial<PlanRequest> = {}): Promise<PlanResult> {
  const location = { kind: 'folder', path } as const;
  const evaluator = await openTestEvaluator(dir, location);
  try {
    return await planTables(evaluator, { tables: location, shardRows: 1_000, ...request });
  } finally {
    evaluator.close();
  }
}

const users = (n: number): string => `SELECT printf('u%04d', range) AS user_id, range AS n FROM range(${n})`;
const put = (path: string, body: Uint8Array | string): void => {
  mkdirSync(dirname(join(tables, path)), { recursive: true });
  writeFileSync(join(tables, path), body);
};

describe('types', () => {
  it('names every type as the engine reads it, and says what cannot be used', async () => {
    await writeParquet(
      tables,
      't/dt=2026-11-22/a.parquet',
      `SELECT 'u' AS user_id, 1::TINYINT a, 1::SMALLINT b, 1::INTEGER c, 1::BIGINT d, 1::UTINYINT e, 1::USMALLINT f, 1::UINTEGER g, 1::UBIGINT h,
        1::FLOAT i, 1::DOUBLE j, 1::DECIMAL(4,1) k, 1::DECIMAL(18,2) l, 1::DECIMAL(38,10) m, 'x' n, 'x'::BLOB o, true p, DATE '2020-01-01' q,
        TIMESTAMP '2020-01-01' r, '2020-01-01'::TIMESTAMP_MS s, '2020-01-01'::TIMESTAMP_NS t, to_timestamp(1) v, [1] w, ['a'] x, {'a': 1} y, map {'a': 1} z,
        TIME '10:00:00' aa, uuid() ac, INTERVAL 1 DAY ad, '1'::JSON ae, [1.5::DECIMAL(9,2)] ah, [[1]] ai, [DATE '2020-01-01'] ak, [{'a': 1}] al, [1.5::DOUBLE] am`,
    );
    const plan = await planOf(tables);
    const { catalog } = plan;
    const described = new Map(
      (await query(`DESCRIBE SELECT * FROM '${tables}/t/dt=2026-11-22/a.parquet'`)).map(([name, type]) => [name, type]),
    );
    for (const column of plan.tables[0]!.objects[0]!.columns)
      expect([column.name, column.storedType]).toEqual([column.name, described.get(column.name)]);
    const shown = catalog.fields.map(
      (field) => `${field.name} ${field.unusable ?? typeName(field.type)}${field.stored === undefined ? '' : ` ${field.stored}`}`,
    );
    expect(shown).toEqual([
      'user_id string',
      ...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `${name} int64`),
      'h decimal(20,0)',
      ...['i double', 'j double', 'k decimal(4,1)', 'l decimal(18,2)', 'm decimal(38,10)', 'n string', 'o string', 'p boolean', 'q date'],
      ...[
        'r timestamp local',
        's timestamp local',
        't timestamp local',
        'v timestamp',
        'w array<int64>',
        'x array<string>',
        'y a struct',
        'z a map',
      ],
      ...['aa a time of day', 'ac a UUID', 'ad an interval', 'ae string', 'ah array<decimal(9,2)>', 'ai a list of lists', 'ak array<date>'],
      ...['al a list of structs', 'am a list of double values'],
    ]);
  });

  it('names the columns of Spark files as the engine reads them', async () => {
    const { tables: planned } = await planOf(TABLES);
    for (const object of planned.flatMap((table) => table.objects)) {
      const described = await query(`DESCRIBE SELECT * FROM read_parquet('${join(TABLES, object.key)}', hive_partitioning = false)`);
      expect(object.columns.map((column) => [column.name, column.storedType])).toEqual(described.map(([name, type]) => [name, type]));
    }
  });

  it('widens numbers of one family, fills absent columns and refuses the rest with a note', async () => {
    await writeParquet(tables, 't/dt=2026-11-22/a.parquet', "SELECT 'a' AS user_id, 1::INTEGER x, 1.5::DECIMAL(10,2) y, 1 z, 'k' w");
    await writeParquet(tables, 't/dt=2026-11-22/b.parquet', "SELECT 'b' AS user_id, 1::BIGINT x, 1.5::DECIMAL(12,6) y, 'one' z");
    const plan = await planOf(tables);
    const field = (name: string) => plan.catalog.fields.find((one) => one.name === name)!;
    expect(plan.faults).toEqual([]);
    expect(typeName(field('x').type)).toBe('int64');
    expect(typeName(field('y').type)).toBe('decimal(14,6)');
    expect(field('z').unusable).toBe('int64 in some files and string in others');
    expect(field('w')).toMatchObject({ nullable: true });
    expect(plan.notes.join('\n')).toMatch(/t\.w is missing in 1 of 2 files[\s\S]*|t\.z cannot be used/);
  });
});

describe('files that pyarrow wrote', () => {
  const fixture = (name: string): Buffer => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
  beforeEach(async () => {
    await writeParquet(tables, 't/dt=2026-11-22/a.parquet', "SELECT 'a' AS user_id, 'x' AS s, 1::BIGINT AS n");
  });

  it('without rows, with a row group whose chunks have no page', async () => {
    put('t/dt=2026-11-22/0.parquet', fixture('no-rows.parquet'));
    const plan = await planOf(tables);
    expect(plan.faults).toEqual([]);
    expect(plan.catalog.fields.map((field) => [field.name, field.unusable])).toContainEqual(['s', undefined]);
  });

  it('without rows and types, as an empty data frame is written', async () => {
    put('t/dt=2026-11-22/0.parquet', fixture('no-types.parquet'));
    const plan = await planOf(tables);
    expect(plan.faults).toEqual([]);
    expect(plan.catalog.fields.map((field) => [field.name, typeName(field.type), field.unusable])).toEqual([
      ['user_id', 'string', undefined],
      ['s', 'string', undefined],
      ['n', 'int64', undefined],
    ]);
  });

  it('where a column is NULL in every row', async () => {
    put('t/dt=2026-11-22/0.parquet', fixture('null-column.parquet'));
    const { faults, catalog } = await planOf(tables);
    expect(faults).toEqual([]);
    expect(catalog.fields.map((field) => [field.name, typeName(field.type), field.unusable])).toEqual([
      ['user_id', 'string', undefined],
      ['s', 'string', undefined],
      ['n', 'int64', undefined],
    ]);
    put('t/dt=2026-11-22/a.parquet', fixture('null-column.parquet'));
    const only = (await planOf(tables)).catalog.fields.find((field) => field.name === 's');
    expect(only?.unusable).toBe('NULL in every row, without a type');
  });
});

it('does not take columns whose names differ only in case', async () => {
  await writeParquet(tables, 't/dt=2026-11-22/a.parquet', "SELECT 'a' AS user_id, 1 AS age");
  await writeParquet(tables, 't/dt=2026-11-22/b.parquet', "SELECT 'b' AS user_id, 1 AS Age");
  const plan = await planOf(tables);
  expect(plan.catalog.fields.map((field) => [field.name, field.unusable])).toEqual([
    ['user_id', undefined],
    ['age', 'one of age and Age, which differ only in case'],
    ['Age', 'one of age and Age, which differ only in case'],
  ]);
});

describe('the business date', () => {
  beforeEach(async () => {
    for (const [table, date] of [
      ['a', '20'],
      ['a', '21'],
      ['a', '22'],
      ['b', '20'],
      ['b', '21'],
    ]) {
      await writeParquet(tables, `${table}/dt=2026-11-${date}/x.parquet`, users(3));
    }
    put('_temporary/dt=2026-12-01/x.parquet', 'no data');
    put('a/dt=2026-11-21/_SUCCESS', '');
    put('a/dt=2026-11-21/.x.parquet.crc', 'crc');
    put('a/dt=2026-11-21/_delta/x.parquet', 'no data');
  });

  it('is the newest that every table has', async () => {
    const plan = await planOf(tables);
    expect(plan.businessDate).toBe('2026-11-21');
    expect(plan.tables.map((table) => [table.name, table.objects.length])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('without data names the newest there is', async () => {
    await expect(planOf(tables, { businessDate: '2027-01-01' })).rejects.toMatchObject({
      code: 'DATE_WITHOUT_DATA',
      message: expect.stringContaining('2026-11-21') as string,
      facts: { newest: '2026-11-21' },
    });
  });

  it('that one table lacks is a fault of that table', async () => {
    const plan = await planOf(tables, { businessDate: '2026-11-22' });
    expect(plan.tables.map((table) => table.name)).toEqual(['a']);
    expect(plan.faults).toMatchObject([{ table: 'b', code: 'TABLE_NO_DATA' }]);
  });

  it('counts only for the tables that are asked for', async () => {
    expect((await planOf(tables, { only: ['a'] })).businessDate).toBe('2026-11-22');
    const plan = await planOf(tables, { only: ['a', 'gone'] });
    expect([plan.businessDate, plan.faults]).toMatchObject(['2026-11-22', [{ table: 'gone', code: 'TABLE_NO_DATA' }]]);
  });
});

describe('what cannot be read', () => {
  beforeEach(() => writeParquet(tables, 'good/dt=2026-11-22/x.parquet', users(10)));

  const faultOf = async (): Promise<string> => {
    const plan = await planOf(tables);
    expect(plan.tables.map((table) => table.name)).toEqual(['good']);
    expect(plan.catalog.fields.every((field) => field.table === 'good')).toBe(true);
    expect(plan.faults.map((fault) => fault.table)).toEqual(['bad']);
    expect(plan.faults[0]!.message).toContain('bad');
    return plan.faults[0]!.code;
  };

  it.each([
    ['an empty file', ''],
    ['a text file', 'user_id,age\nu1,3\n'.repeat(100)],
  ])('%s', async (_, body) => {
    put('bad/dt=2026-11-22/x.parquet', body);
    expect(await faultOf()).toBe('TABLE_UNREADABLE');
  });

  it.each([0.2, 0.5, 0.9, 0.999])('a file cut at %d of its length', async (part) => {
    const whole = readFileSync(join(tables, 'good/dt=2026-11-22/x.parquet'));
    put('bad/dt=2026-11-22/x.parquet', whole.subarray(0, Math.floor(whole.length * part)));
    expect(await faultOf()).toBe('TABLE_UNREADABLE');
  });

  it('a file whose footer was overwritten', async () => {
    const whole = readFileSync(join(tables, 'good/dt=2026-11-22/x.parquet'));
    put('bad/dt=2026-11-22/x.parquet', whole.fill(0xff, whole.length - 60, whole.length - 20));
    expect(await faultOf()).toBe('TABLE_UNREADABLE');
  });

  it('a file whose pages were overwritten is found while the keys are read', async () => {
    const whole = readFileSync(join(tables, 'good/dt=2026-11-22/x.parquet'));
    put('bad/dt=2026-11-22/x.parquet', whole.fill(0xff, 4, 60));
    expect(await faultOf()).toBe('TABLE_UNREADABLE');
  });

  it.each([
    ['no user_id', 'SELECT 1 AS id'],
    ['a key that is a double', 'SELECT 1.5::DOUBLE AS user_id'],
    ['a key that is a list', 'SELECT [1] AS user_id'],
    ['another type of key than the rest', 'SELECT 1 AS user_id'],
  ])('%s', async (_, sql) => {
    await writeParquet(tables, 'bad/dt=2026-11-22/x.parquet', sql);
    await writeParquet(tables, 'good/dt=2026-11-22/y.parquet', "SELECT 'zz' AS user_id");
    expect(await faultOf()).toBe('TABLE_NO_KEY');
  });

  it('no tables at all', async () => {
    const empty = join(dir, 'empty');
    mkdirSync(empty);
    await expect(planOf(empty)).rejects.toMatchObject({ code: 'TABLES_NOT_FOUND' });
    await expect(planOf(join(dir, 'none'))).rejects.toMatchObject({ code: 'TABLES_NOT_FOUND' });
  });
});

describe('cuts', () => {
  const sizes = async (cuts: readonly string[], integer = false): Promise<number[]> => {
    const keys = (await query(`SELECT DISTINCT user_id FROM read_parquet('${tables}/*/*/*.parquet')`)).map(([key]) => key as string);
    const counts = new Array<number>(cuts.length + 1).fill(0);
    for (const key of keys) {
      const at = cuts.filter((cut) =>
        integer ? BigInt(cut) <= BigInt(key) : Buffer.compare(Buffer.from(cut), Buffer.from(key)) <= 0,
      ).length;
      counts[at]! += 1;
    }
    return counts;
  };

  it('give equal parts of all users together, whatever the order of rows', async () => {
    await writeParquet(tables, 'a/dt=2026-11-22/x.parquet', `SELECT * FROM (${users(6_000)}) WHERE n < 4000 ORDER BY hash(n)`);
    await writeParquet(tables, 'b/dt=2026-11-22/x.parquet', `SELECT * FROM (${users(6_000)}) WHERE n >= 1000 ORDER BY n DESC`);
    const plan = await planOf(tables);
    expect(plan.usersEstimate).toBe(6_000);
    expect(await sizes(plan.cuts)).toEqual([1_000, 1_000, 1_000, 1_000, 1_000, 1_000]);
    expect((await planOf(tables)).cuts).toEqual(plan.cuts);
  });

  it('are numbers in numeric order for integer keys', async () => {
    await writeParquet(tables, 'a/dt=2026-11-22/x.parquet', 'SELECT range - 1500 AS user_id FROM range(3000)');
    const plan = await planOf(tables);
    expect([plan.keyType, plan.cuts]).toEqual(['int64', ['-500', '500']]);
    expect(await sizes(plan.cuts, true)).toEqual([1_000, 1_000, 1_000]);
  });

  it('have no space or control character in them', async () => {
    await writeParquet(
      tables,
      'a/dt=2026-11-22/x.parquet',
      "SELECT CASE WHEN range % 10 = 0 THEN printf('k %04d', range) ELSE printf('k%04d', range) END AS user_id FROM range(3000)",
    );
    const plan = await planOf(tables);
    expect(plan.cuts).toHaveLength(2);
    for (const cut of plan.cuts) expect(cut).toMatch(/^[!-\u{10ffff}]+$/u);
    for (const size of await sizes(plan.cuts)) expect(Math.abs(size - 1_000)).toBeLessThan(260);
  });

  it('come from the users asked for alone', async () => {
    await writeParquet(tables, 'a/dt=2026-11-22/x.parquet', users(100));
    const plan = await planOf(tables, { shardRows: 2, users: ['u0001', 'u0002', 'u0050', 'u0051', 'zz'] });
    expect([plan.cuts, plan.usersEstimate]).toEqual([['u005', 'u0051'], 5]);
  });
});
