import { expect, test } from 'vitest';
import type { CatalogField, FieldCatalog, ScalarType } from '../../src/fields.ts';
import { checkRule } from '../../src/rules/check.ts';
import { makeClock } from '../../src/rules/clock.ts';
import { describeRule } from '../../src/rules/describe.ts';
import { tablesOf } from '../../src/rules/reads.ts';
import { evaluateRule } from '../../src/rules/reference.ts';

const field = (table: string, name: string, type: ScalarType, more: Partial<CatalogField> = {}): CatalogField => ({
  table,
  name,
  type,
  nullable: false,
  ...more,
});

const catalog: FieldCatalog = {
  fields: [
    field('basic', 'user_id', { kind: 'string' }),
    field('asset', 'user_id', { kind: 'string' }),
    field('basic', 'age', { kind: 'int64' }),
    field('basic', 'level', { kind: 'string' }, { nullable: true }),
    field('basic', 'created', { kind: 'timestamp' }),
    field('asset', 'created', { kind: 'timestamp' }),
    field('asset', 'balance', { kind: 'decimal', precision: 20, scale: 8 }),
    field('asset', 'extras', { kind: 'string' }, { unusable: 'it is a map' }),
  ],
};

const codes = (rule: unknown, fields: FieldCatalog | null = catalog): string[] =>
  checkRule(rule, fields).errors.map(({ code, path }) => `${code} ${path}`);

test('all errors come, node by node, in a node by the order of the reference', () => {
  const rule = {
    logic: 'and',
    note: 5,
    conditions: [
      { field: 'agee', operator: '=', value: 'x', mising: 1 },
      { logic: 'NOT', conditions: [] },
      { field: 'age', operator: 'in', value: [1, null, 'x', 2.5, 9007199254740993n], missing: 'maybe', type: 'string' },
      { value: 1 },
    ],
  };
  expect(codes(rule)).toEqual([
    'LOGIC_UNKNOWN /logic',
    'OPTION_INVALID /note',
    'KEY_UNKNOWN /conditions/0/mising',
    'FIELD_UNKNOWN /conditions/0/field',
    'GROUP_EMPTY /conditions/1/conditions',
    'TYPE_MISMATCH /conditions/2/type',
    'OPTION_INVALID /conditions/2/missing',
    'OPERAND_NULL /conditions/2/value/1',
    'OPERAND_TYPE /conditions/2/value/2',
    'NUMBER_UNSAFE /conditions/2/value/4',
    'OPERAND_SCALE /conditions/2/value/3',
    'NODE_SHAPE /conditions/3',
  ]);
});

test('messages name what is near', () => {
  const message = (rule: unknown): string => checkRule(rule, catalog).errors[0]?.message ?? '';
  expect(message({ field: 'balanse', operator: '>', value: 1 })).toBe('no field `balanse`; did you mean `balance`?');
  expect(message({ field: 'level', operator: 'contain', value: 'a' })).toBe('unknown operator `contain`; did you mean `contains`?');
  expect(message({ logic: 'and', conditions: [] })).toBe('unknown logic `and`; did you mean `AND`?');
  expect(message({ field: 'asset.balanc', operator: '>', value: 1 })).toContain('`asset.balance`');
  expect(message({ operator: 'has_tag', value: 1 })).toBe('this version does not have the operator `has_tag` yet');
});

test('two fields may lie in two tables', () => {
  const { rule } = checkRule({ field: 'age', operator: '>', other: 'balance' }, catalog);
  expect(rule).toMatchObject({ field: { table: 'basic' }, other: { table: 'asset' } });
});

test('a name in two tables needs its table; the user’s key never does', () => {
  expect(codes({ field: 'created', operator: 'this_day' })).toEqual(['FIELD_AMBIGUOUS /field']);
  expect(checkRule({ field: 'asset.created', operator: 'this_day' }, catalog).rule).toMatchObject({ field: { table: 'asset' } });
  expect(codes({ field: 'user_id', operator: '=', value: 'a' })).toEqual([]);
  expect(checkRule({ field: 'extras', operator: 'is_null' }, catalog).errors[0]?.message).toContain('it is a map');
});

test('the normal form has canonical names and exact texts', () => {
  const { rule } = checkRule('{"field":"balance","operator":"between","value":["-0.10",1e3],"missing":"match"}', catalog);
  expect(rule).toEqual({ field: catalog.fields[6], operator: 'in_range', value: ['-0.1', '1000'], missing: 'match' });
  const times = checkRule(
    { field: 'basic.created', operator: 'in', value: ['2026-11-22T08:00:00+08:00', '2026-11-22 00:00:00.000Z'] },
    catalog,
  );
  expect(times.rule).toMatchObject({ value: ['2026-11-22T00:00:00Z'] });
  const local = checkRule({ field: 'basic.created', operator: '>', value: '2026-11-22 08:00:00.50' }, catalog);
  expect(local.rule).toMatchObject({ value: '2026-11-22T08:00:00.5' });
});

test('numbers are judged as they are written', () => {
  const age = (value: string): string[] => codes(`{"field":"age","operator":"=","value":${value}}`);
  expect(age('9007199254740993')).toEqual(['NUMBER_UNSAFE /value']);
  expect(age('"9007199254740993"')).toEqual([]);
  expect(age('1e3')).toEqual([]);
  expect(age('1e999999999')).toEqual(['NUMBER_UNSAFE /value']);
  expect(age('1.00000000000000000001')).toEqual(['NUMBER_UNSAFE /value']);
  expect(age('1.50')).toEqual(['OPERAND_SCALE /value']);
  expect(age('-0')).toEqual([]);
  expect(age('01')).toEqual(['RULE_JSON ']);
});

test('hostile texts end in an error, not in a stack', () => {
  expect(codes(`${'['.repeat(200_000)}`)).toEqual(['RULE_TOO_DEEP ']);
  expect(codes(`{"a":${'{"a":'.repeat(5_000)}1`)).toEqual(['RULE_TOO_DEEP ']);
  let nested: unknown = 1;
  for (let i = 0; i < 100_000; i += 1) nested = [nested];
  expect(codes({ field: 'age', operator: '=', value: nested })).toEqual(['RULE_TOO_DEEP ']);
  expect(codes(' '.repeat(300_000))).toEqual(['RULE_TOO_LARGE ']);
  expect(codes(`{"field":"age","operator":"=","value":"${'x'.repeat(262_000)}"}`)).toEqual(['OPERAND_TYPE /value']);
  expect(codes('{"field":"age","field":"level","operator":"is_null"}')).toEqual(['RULE_JSON ']);
  expect(codes('{"field":"age","operator":"is_null","__proto__":{"value":5}}')).toEqual(['KEY_UNKNOWN /__proto__']);
  expect(codes('{"field":"age","operator":"=","value":1}}')).toEqual(['RULE_JSON ']);
  for (const value of ['', 'x', '{', '{"a"', "{'a':1}", '{"a":1,}', 'nul', '\u0000', '{"a":"\n"}', 'NaN', '"\\x"']) {
    expect(codes(value), value).toEqual(['RULE_JSON ']);
  }
  expect(codes(undefined)).toEqual(['RULE_JSON ']);
  expect(codes(Number.NaN)).toEqual(['RULE_JSON ']);
});

test('the longest rules are judged in little time', () => {
  const started = performance.now();
  checkRule(`{"field":"age","operator":"recent_days","value":0.${'0'.repeat(260_000)}1}`, catalog);
  checkRule(`{"field":"age","operator":"=","value":"${'9'.repeat(260_000)}"}`, catalog);
  checkRule(`{"field":"age","operator":"=","value":"${'\\u0041'.repeat(40_000)}"}`, catalog);
  checkRule(
    `{"logic":"OR","conditions":[${Array.from({ length: 1_990 }, (_, index) => `{"field":"x${index}","operator":"y${index}"}`).join(',')}]}`,
    catalog,
  );
  // Each takes a tenth of a second at most; quadratic time would be minutes.
  expect(performance.now() - started).toBeLessThan(20_000);
});

test('warnings are told beside a rule that is accepted', () => {
  const warned = (rule: unknown): string[] => checkRule(rule, catalog).warnings.map(({ code, path }) => `${code} ${path}`);
  expect(warned({ field: 'level', operator: 'not_in', value: ['a'] })).toEqual(['NEGATIVE_WITHOUT_MISSING ']);
  expect(warned({ field: 'level', operator: 'not_in', value: ['a'], missing: 'unknown' })).toEqual([]);
  expect(warned({ field: 'age', operator: '!=', value: 1 })).toEqual([]);
  expect(warned({ field: 'level', operator: '>', value: 'a' })).toEqual(['STRING_ORDER /operator']);
  expect(warned({ field: 'basic.created', operator: 'recent_days', value: 7 })).toEqual(['DAYS_MEANING /operator']);
});

test('without a catalogue the rule stays null, and what can be judged is', () => {
  expect(checkRule({ field: 'x', operator: '=', value: 1 }, null)).toEqual({ errors: [], warnings: [], rule: null });
  expect(codes({ field: 'x', operator: 'in', value: [] }, null)).toEqual(['LIST_EMPTY /value']);
  expect(codes({ field: 'x', operator: 'recent_days', value: 0 }, null)).toEqual(['OPERAND_RANGE /value']);
  expect(codes({ field: 'x', operator: '=', value: 9007199254740993n }, null)).toEqual(['NUMBER_UNSAFE /value']);
});

test('the bare user_id is the key in whatever table has the user', () => {
  const ruleOf = (rule: unknown) => checkRule(rule, catalog).rule!;
  const key = { field: 'user_id', operator: 'starts_with', value: 'u' };
  const clock = makeClock({ zone: 'UTC', asOf: '2026-11-22', businessDate: '2026-11-22' });
  const truth = (rule: unknown, tables: Readonly<Record<string, Readonly<Record<string, string>>>>) =>
    evaluateRule(ruleOf(rule), (field) => tables[field.table]?.[field.name] ?? null, clock);
  expect(tablesOf(ruleOf({ logic: 'AND', conditions: [key, { field: 'balance', operator: '>', value: 1 }] }))).toEqual(['asset']);
  expect(tablesOf(ruleOf(key))).toEqual(['basic', 'asset']);
  for (const table of ['basic', 'asset']) {
    expect(truth(key, { [table]: { user_id: 'u1' } })).toBe('T');
    expect(truth(key, { [table]: { user_id: 'v1' } })).toBe('F');
    expect(truth({ ...key, operator: 'not_starts_with', missing: 'match' }, { [table]: { user_id: 'u1' } })).toBe('F');
    expect(truth({ field: 'user_id', operator: 'is_null' }, { [table]: { user_id: 'u1' } })).toBe('F');
    expect(truth({ field: 'user_id', operator: 'is_not_null' }, { [table]: { user_id: 'u1' } })).toBe('T');
  }
  expect(describeRule(ruleOf(key))).toBe('user_id starts with u');
});
