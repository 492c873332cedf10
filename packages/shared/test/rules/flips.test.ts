/** The smallest change of one value: right for every kind of operator, and honest where there is none. */
import { expect, test } from 'vitest';
import type { FieldCatalog, FieldType } from '../../src/fields.ts';
import { checkRule } from '../../src/rules/check.ts';
import { shownValue } from '../../src/rules/explain/cells.ts';
import { searchFlip, smallestFlip } from '../../src/rules/explain/flips.ts';
import { byReference, decidingLeaves, truthTree } from '../../src/rules/explain/tree.ts';
import { type Cell, readCell } from '../../src/rules/values.ts';

const field = (name: string, type: FieldType) => ({ table: 'users', name, type, nullable: true });
const CATALOG: FieldCatalog = {
  fields: [
    field('user_id', { kind: 'string' }),
    field('age', { kind: 'int64' }),
    field('cash', { kind: 'decimal', precision: 20, scale: 2 }),
    field('debt', { kind: 'decimal', precision: 20, scale: 2 }),
    field('score', { kind: 'double' }),
    field('name', { kind: 'string' }),
    field('good', { kind: 'boolean' }),
    field('seen', { kind: 'date' }),
    field('at', { kind: 'timestamp' }),
    field('coins', { kind: 'array', of: { kind: 'string' } }),
  ],
};
const CLOCK = { asOf: '2026-11-22T15:59:59.999999Z', today: '2026-11-22', zone: 'Asia/Shanghai' };
type Row = Readonly<Record<string, Cell>>;

function flipOf(rule: unknown, row: Row) {
  const checked = checkRule(JSON.stringify(rule), CATALOG);
  expect(checked.errors).toEqual([]);
  const valueIn = (one: (typeof CATALOG.fields)[number]) => readCell(one, row[one.name], CLOCK);
  const tree = truthTree(checked.rule!, byReference(valueIn, CLOCK));
  const { flip, cut } = smallestFlip(checked.rule!, tree, valueIn, CLOCK);
  expect(cut).toBe(false);
  return { tree, flip, shown: flip === null ? null : [flip.field.name, shownValue(flip.field.type, flip.to), flip.truth] };
}

const leaf = (name: string, operator: string, value?: unknown, more: object = {}) => ({
  field: name,
  operator,
  ...(value === undefined ? {} : { value }),
  ...more,
});

test.each([
  ['>=', leaf('cash', '>=', 100), { cash: '24' }, ['cash', '100', 'T']],
  ['>', leaf('cash', '>', 100), { cash: '24' }, ['cash', '100.01', 'T']],
  ['from T', leaf('age', '>', 30), { age: '31' }, ['age', '30', 'F']],
  ['in_range', leaf('age', 'in_range', [18, 30]), { age: '40' }, ['age', '30', 'T']],
  ['not_in_range', leaf('age', 'not_in_range', [18, 30]), { age: '28' }, ['age', '31', 'T']],
  ['in', leaf('age', 'in', [1, 50]), { age: '40' }, ['age', '50', 'T']],
  ['missing', leaf('age', '>', 3), {}, ['age', '4', 'T']],
  ['is_null', leaf('age', 'is_null'), { age: '3' }, ['age', null, 'T']],
  ['is_not_null of nothing', leaf('good', 'is_not_null'), {}, ['good', true, 'T']],
  ['boolean', leaf('good', 'is_true'), { good: false }, ['good', true, 'T']],
  ['text', leaf('name', '=', 'abc'), { name: 'abd' }, ['name', 'abc', 'T']],
  ['contains', leaf('name', 'contains', 'zz'), { name: 'abc' }, ['name', 'abczz', 'T']],
  ['starts_with', leaf('name', 'not_starts_with', 'ab'), { name: 'abc' }, ['name', 'a', 'T']],
  ['length', leaf('name', 'length', 5, { compare: '>=' }), { name: 'abc' }, ['name', 'abcxx', 'T']],
  ['recent_days', leaf('seen', 'recent_days', 7), { seen: '2026-11-10' }, ['seen', '2026-11-16', 'T']],
  ['previous_month', leaf('seen', 'previous_month'), { seen: '2026-11-10' }, ['seen', '2026-10-31', 'T']],
  ['anniversary', leaf('seen', 'anniversary_within', 3), { seen: '2020-11-27' }, null],
  [
    'a day against an instant',
    leaf('at', 'after', '2026-11-20'),
    { at: '2026-11-20T12:00:00Z' },
    ['at', '2026-11-20T16:00:00.000000Z', 'T'],
  ],
  ['other', { field: 'cash', operator: '>', other: 'debt', factor: 2 }, { cash: '100', debt: '60' }, ['cash', '120.01', 'T']],
  [
    'ratio',
    { field: 'cash', operator: 'ratio', other: 'debt', compare: '>=', value: 2 },
    { cash: '100', debt: '60' },
    ['cash', '120', 'T'],
  ],
  ['double', leaf('score', '<=', 30.5), { score: 31 }, ['score', '30.5', 'T']],
  ['has', leaf('coins', 'has', 'BTC'), { coins: ['ETH'] }, ['coins', ['ETH', 'BTC'], 'T']],
  ['contains_all', leaf('coins', 'contains_all', ['BTC', 'USDT']), { coins: ['ETH'] }, ['coins', ['ETH', 'BTC', 'USDT'], 'T']],
  ['not_contains_any', leaf('coins', 'not_contains_any', ['BTC']), { coins: ['BTC', 'X'] }, ['coins', ['X'], 'T']],
  ['size', leaf('coins', 'size', 3, { compare: '>=' }), { coins: ['X'] }, ['coins', ['X', 'x', 'x'], 'T']],
  ['bucket: nobody can change', { operator: 'bucket', salt: 's', value: [0, 1] }, { user_id: 'u' }, null],
] as const)('%s', (name, rule, row, expected) => {
  const { shown } = flipOf(rule, row as Row);
  // The day of the nearest anniversary depends on leap years; that there is one is what counts.
  if (name === 'anniversary') expect(shown).toMatchObject(['seen', expect.stringMatching(/^20\d\d-11-2[2-4]$/), 'T']);
  else expect(shown).toEqual(expected);
});

test('a change of one value may turn two conditions on it, and two that must both change are not told as one', () => {
  const both = { logic: 'AND', conditions: [leaf('age', '>', 20), leaf('age', '<', 30)] };
  expect(flipOf(both, { age: '40' }).flip).toMatchObject({ truth: 'T', leaves: ['/conditions/1'] });
  const two = { logic: 'AND', conditions: [leaf('age', '>', 20), leaf('cash', '>', 5)] };
  expect(flipOf(two, { age: '1', cash: '1' }).flip).toBeNull();
  expect(decidingLeaves(flipOf(two, { age: '1', cash: '9' }).tree)).toEqual(['/conditions/0']);
});

test('the search of a large rule pauses, and gives up with what it has', () => {
  const conditions = Array.from({ length: 1_900 }, (_, index) => leaf('age', '!=', index * 2));
  const { rule } = checkRule(JSON.stringify({ logic: 'AND', conditions }), CATALOG);
  const valueIn = (one: (typeof CATALOG.fields)[number]) => (one.name === 'age' ? readCell(one, '4', CLOCK) : null);
  const tree = truthTree(rule!, byReference(valueIn, CLOCK));
  const search = searchFlip(rule!, tree, valueIn, CLOCK);
  let pauses = 0;
  let step = search.next();
  for (; step.done !== true; step = search.next()) pauses += 1;
  expect(shownValue({ kind: 'int64' }, step.value.flip!.to)).toBe('5');
  expect(decidingLeaves(tree)).toEqual(['/conditions/2']);
  expect(pauses).toBe(0);
  const two = { logic: 'AND', conditions: [rule!, { ...checkRule(JSON.stringify(leaf('cash', '>', 1)), CATALOG).rule! }] } as const;
  const hopeless = searchFlip(two, truthTree(two, byReference(valueIn, CLOCK)), valueIn, CLOCK);
  for (step = hopeless.next(); step.done !== true; step = hopeless.next()) pauses += 1;
  expect(step.value).toEqual({ flip: null, cut: true });
  expect(pauses).toBeGreaterThan(100);
});

test('of two ways the nearer one is told', () => {
  const either = { logic: 'OR', conditions: [leaf('age', '>', 1000), leaf('cash', '>=', 100)] };
  expect(flipOf(either, { age: '30', cash: '95' }).shown).toEqual(['cash', '100', 'T']);
});
