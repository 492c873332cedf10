import { expect, test } from 'vitest';
import type { FieldCatalog, ScalarType } from '../../src/fields.ts';
import { checkRule } from '../../src/rules/check.ts';
import { lintRule } from '../../src/rules/lint.ts';

const field = (name: string, type: ScalarType) => ({ table: 'users', name, type, nullable: true });
const CATALOG: FieldCatalog = {
  fields: [
    field('age', { kind: 'int64' }),
    field('level', { kind: 'string' }),
    field('opened', { kind: 'date' }),
    field('score', { kind: 'double' }),
  ],
};

type Leaf = readonly [string, string, unknown];
const group = (logic: string, ...leaves: readonly Leaf[]) => ({
  logic,
  conditions: leaves.map(([name, operator, value]) => ({ field: name, operator, value })),
});

function found(rule: unknown): string[] {
  const checked = checkRule(JSON.stringify(rule), CATALOG);
  expect(checked.errors).toEqual([]);
  return lintRule(checked.rule!).map(({ code, path }) => `${code}${path}`);
}

test.each([
  ['no number above 30 is below 20', group('AND', ['age', '>', 30], ['age', '<', 20]), ['ALWAYS_FALSE']],
  ['open ends that only touch', group('AND', ['age', '>', 30], ['age', '<=', 30]), ['ALWAYS_FALSE']],
  ['one value is left', group('AND', ['age', '>=', 30], ['age', '<=', 30]), []],
  ['a list with nothing in the range', group('AND', ['age', 'in', [1, 2, 3]], ['age', 'in_range', [5, 9]]), ['ALWAYS_FALSE']],
  ['two texts at once', group('AND', ['level', '=', 'VIP1'], ['level', '=', 'VIP2']), ['ALWAYS_FALSE']],
  ['two texts, one of them', group('OR', ['level', '=', 'VIP1'], ['level', '=', 'VIP2']), []],
  ['days', group('AND', ['opened', 'after', '2026-01-02'], ['opened', 'before', '2026-01-02']), ['ALWAYS_FALSE']],
  ['all numbers', group('OR', ['age', '<', 30], ['age', '>=', 30]), ['ALWAYS_TRUE']],
  ['all but one number', group('OR', ['age', '<', 30], ['age', '>', 30]), []],
  ['that and its opposite', group('OR', ['level', '=', 'a'], ['level', '!=', 'a']), ['ALWAYS_TRUE']],
  ['none of all', group('NONE', ['score', '<=', 5], ['score', '>', 5]), ['ALWAYS_FALSE']],
  ['not all of none', group('NOT_ALL', ['age', '>', 30], ['age', '<', 20]), ['ALWAYS_TRUE']],
  ['two fields', group('AND', ['age', '>', 30], ['score', '<', 20]), []],
  [
    'a group inside',
    { logic: 'OR', conditions: [group('AND', ['age', '>', 3], ['age', '<', 2]), { field: 'level', operator: 'is_null' }] },
    ['ALWAYS_FALSE/conditions/0'],
  ],
] as const)('%s', (_, rule, codes) => {
  expect(found(rule)).toEqual(codes);
});

test('a condition that a missing value meets is not counted: somebody meets it', () => {
  const rule = {
    logic: 'AND',
    conditions: [
      { field: 'age', operator: '>', value: 30, missing: 'match' },
      { field: 'age', operator: '<', value: 20, missing: 'match' },
    ],
  };
  expect(found(rule)).toEqual([]);
});
