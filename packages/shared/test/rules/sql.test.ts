import { expect, test } from 'vitest';
import type { CatalogField, FieldCatalog, FieldType } from '../../src/fields.ts';
import { checkRule } from '../../src/rules/check.ts';
import { makeClock } from '../../src/rules/clock.ts';
import { describeRule } from '../../src/rules/describe.ts';
import type { NormalRule } from '../../src/rules/normal.ts';
import { OPERATORS } from '../../src/rules/operators/registry.ts';
import { fieldsOf, tablesOf } from '../../src/rules/reads.ts';
import { castErrorSql, compileRules, readColumnSql } from '../../src/rules/sql.ts';

const field = (name: string, type: FieldType, more: Partial<CatalogField> = {}): CatalogField => ({
  table: 't',
  name,
  type,
  nullable: true,
  ...more,
});

const total = field('total', { kind: 'decimal', precision: 20, scale: 8 });
const catalog: FieldCatalog = {
  fields: [
    total,
    field('level', { kind: 'string' }),
    field('age', { kind: 'int64' }),
    field('seen', { kind: 'timestamp' }),
    field('born', { kind: 'date' }),
    field('score', { kind: 'double' }),
    field('done', { kind: 'boolean' }),
    field('coins', { kind: 'array', of: { kind: 'string' } }),
    field('limit"; drop', { kind: 'int64' }, { table: 'u"' }),
  ],
};
const clock = makeClock({ businessDate: '2026-11-22', zone: 'Asia/Shanghai' });

const rule = (input: unknown): NormalRule => {
  const result = checkRule(input, catalog);
  expect(result.errors).toEqual([]);
  return result.rule!;
};
const leafOf = (input: unknown): string => compileRules([rule(input)], clock).leaves[0]!.sql;

test.each([
  [{ field: 'total', operator: '>=', value: 100000 }, `("t"."total" >= CAST('100000' AS DECIMAL(20,8)))`],
  [{ field: 'level', operator: 'in', value: ["o'clock", 'a', 'a'] }, `("t"."level" IN ('o''clock', 'a'))`],
  [{ field: 'level', operator: '=', value: 'a\0b' }, `("t"."level" = ('a' || chr(0) || 'b'))`],
  [{ field: 'age', operator: '=', value: '-9223372036854775808' }, `("t"."age" = CAST('-9223372036854775808' AS BIGINT))`],
  [{ field: 'score', operator: '<', value: 0.1 }, `("t"."score" < CAST('0.1' AS DOUBLE))`],
  [{ field: 'born', operator: 'recent_days', value: 7 }, `("t"."born" >= DATE '2026-11-16' AND "t"."born" <= DATE '2026-11-22')`],
  [
    { field: 'seen', operator: 'on', value: '2026-11-22' },
    `("t"."seen" >= TIMESTAMP '2026-11-21 16:00:00' AND "t"."seen" < TIMESTAMP '2026-11-22 16:00:00')`,
  ],
  [{ field: 'seen', operator: '>', value: '2026-11-22 08:00:00' }, `("t"."seen" > TIMESTAMP '2026-11-22 00:00:00')`],
  [
    { field: 'coins', operator: 'contains_any', value: ['BTC', 'ETH'] },
    `(list_contains("t"."coins", 'BTC') OR list_contains("t"."coins", 'ETH'))`,
  ],
  [{ field: 'level', operator: 'contains', value: '%' }, `contains("t"."level", '%')`],
  [{ field: 'limit"; drop', operator: 'is_null' }, `("u"""."limit""; drop" IS NULL)`],
])('%j is what a person would write', (input, sql) => {
  expect(leafOf(input)).toBe(sql);
});

test('one leaf serves its negation, its aliases, other ways to write it and every `missing`', () => {
  const rules = [
    { field: 'total', operator: 'in_range', value: [1, '2.0'] },
    { field: 'total', operator: 'between', value: ['01', 2], missing: 'match' },
    { logic: 'NOT', conditions: [{ field: 'total', operator: 'not_in_range', value: ['1.00', 2], missing: 'no_match' }] },
  ].map(rule);
  const compiled = compileRules(rules, clock);
  expect(compiled.leaves).toHaveLength(1);
  expect(compiled.leaves[0]).toMatchObject({ id: 'l0', table: 't', field: total });
  expect(compiled.tags).toEqual(['"l0"', 'COALESCE("l0", TRUE)', '(NOT COALESCE((NOT "l0"), FALSE))']);
});

test('groups are Kleene expressions over the names of leaves', () => {
  const [a, b, c] = [1, 2, 3].map((value) => ({ field: 'age', operator: '=', value }));
  const tag = (logic: string, more: object = {}): string | undefined =>
    compileRules([rule({ logic, conditions: [a, b, c], ...more })], clock).tags[0];
  expect(tag('AND')).toBe('("l0" AND "l1" AND "l2")');
  expect(tag('NONE')).toBe('(NOT ("l0" OR "l1" OR "l2"))');
  expect(tag('NOT_ALL')).toBe('(NOT ("l0" AND "l1" AND "l2"))');
  expect(tag('AT_LEAST', { k: 2 })).toMatch(/^\(\[FALSE, FALSE, NULL, .*\]\[COALESCE\(CAST\("l0" AS INTEGER\) \* 4, 1\) \+ /);
});

test('no operator compiles to a constant: each reads its column', () => {
  for (const operator of OPERATORS) {
    for (const each of catalog.fields.filter(({ type }) => operator.types.includes(type.kind))) {
      for (const value of [undefined, 1, '1', ['1', '2'], [1, 2], '2026-11-22', ['2026-11-21', '2026-11-22'], true, 'a', ['a']]) {
        const compare = operator.keys.includes('compare') ? { compare: '>=' } : {};
        const { rule: checked } = checkRule({ field: each.name, operator: operator.name, value, ...compare }, catalog);
        if (checked !== null)
          expect(compileRules([checked], clock, () => 'THE_COLUMN').leaves[0]!.sql, operator.name).toContain('THE_COLUMN');
      }
    }
  }
});

test('a tree of AT_LEAST grows with its conditions and not with its depth', () => {
  let node: unknown = { field: 'age', operator: '=', value: 1 };
  for (let depth = 0; depth < 11; depth += 1)
    node = { logic: 'AT_LEAST', k: 1, conditions: [node, { field: 'age', operator: '=', value: 2 + depth }] };
  expect(compileRules([rule(node)], clock).tags[0]!.length).toBeLessThan(3_000);
});

test('stored columns are read by their form', () => {
  const read = (one: CatalogField, stored: string): string => readColumnSql(one, stored, 'x', clock);
  expect(read(total, 'DECIMAL(20,8)')).toBe('x');
  expect(read(field('a', { kind: 'int64' }), 'INTEGER')).toBe('CAST(x AS BIGINT)');
  expect(read(field('a', { kind: 'int64' }), 'UBIGINT')).toBe('TRY_CAST(x AS BIGINT)');
  expect(read(field('a', { kind: 'double' }), 'DOUBLE')).toBe('(CASE WHEN isnan(x) THEN NULL ELSE x END)');
  expect(read(field('a', { kind: 'timestamp' }), 'TIMESTAMP WITH TIME ZONE')).toContain('make_timestamp(epoch_us(x))');
  expect(read(field('a', { kind: 'date' }, { stored: 'int64' }), 'BIGINT')).toBe('CAST(NULL AS DATE)');
  expect(castErrorSql(total, 'DECIMAL(20,8)', 'x', clock)).toBeNull();
  expect(castErrorSql(field('a', { kind: 'int64' }), 'UINTEGER', 'x', clock)).toBeNull();
  expect(castErrorSql(field('a', { kind: 'int64' }), 'UBIGINT', 'x', clock)).not.toBeNull();
  expect(castErrorSql(field('a', { kind: 'int64' }, { stored: 'text' }), 'VARCHAR', 'x', clock)).toMatch(
    /^\(x IS NOT NULL AND .* IS NULL\)$/,
  );
  expect(castErrorSql(field('a', { kind: 'int64' }, { stored: 'double' }), 'DOUBLE', 'x', clock)).toContain('NOT isnan(x)');
});

test('a rule is told in one short line', () => {
  const told = (input: unknown): string => describeRule(rule(input));
  expect(told({ logic: 'AND', conditions: [{ field: 'total', operator: '>=', value: 100000 }] })).toBe('total >= 100000');
  expect(
    told({
      logic: 'AND',
      conditions: [
        { field: 'level', operator: 'in', value: ['VIP2', 'VIP3'] },
        { field: 'done', operator: '=', value: true },
      ],
    }),
  ).toBe('level in (VIP2, VIP3) and done = true');
  expect(
    told({
      logic: 'NONE',
      conditions: [
        { field: 'age', operator: 'between', value: [18, 30] },
        { field: 'level', operator: '=', value: '' },
      ],
    }),
  ).toBe("not (age in range 18 to 30 or level = '')");
  expect(told({ field: 'coins', operator: 'size', compare: '>', value: 3, missing: 'match' })).toBe('coins size > 3 or is missing');
  const long = told({ field: 'level', operator: 'in', value: Array.from({ length: 50 }, (_, index) => `level ${index}`) });
  expect(long).toHaveLength(200);
  expect(long.endsWith('...')).toBe(true);
});

test('tables and fields of a rule come once, in order', () => {
  const both = rule({
    logic: 'OR',
    conditions: [
      { field: 'limit"; drop', operator: '>', value: 1 },
      { logic: 'NOT', conditions: [{ field: 'age', operator: '=', value: 1 }] },
      { field: 'age', operator: '=', value: 2 },
    ],
  });
  expect(tablesOf(both)).toEqual(['u"', 't']);
  expect(fieldsOf(both).map(({ name }) => name)).toEqual(['limit"; drop', 'age']);
});

test('narrow decimals are multiplied in 38 digits: 18 would overflow', () => {
  const fee = { table: 't', name: 'fee', type: { kind: 'decimal', precision: 10, scale: 2 }, nullable: true } as const;
  const { rule } = checkRule({ field: 'fee', operator: '>', other: 'fee', factor: '1.00000001' }, { fields: [fee] });
  expect(compileRules([rule!], makeClock({ businessDate: '2026-11-22', zone: 'UTC' })).leaves[0]?.sql).toContain(
    'AS DECIMAL(38,2)) * CAST(',
  );
});
