import { expect, test } from 'vitest';
import type { FieldCatalog } from '../../src/fields.ts';
import { checkRule } from '../../src/rules/check.ts';
import { type RuleExample, runExamples } from '../../src/rules/examples.ts';

const CATALOG: FieldCatalog = {
  fields: [
    { table: 't', name: 'age', type: { kind: 'int64' }, stored: 'text', nullable: true },
    { table: 't', name: 'seen', type: { kind: 'date' }, nullable: true },
    { table: 't', name: 'coins', type: { kind: 'array', of: { kind: 'string' } }, nullable: true },
  ],
};
const CLOCK = { asOf: '2026-11-22T23:59:59.999999Z', today: '2026-11-22', zone: 'UTC' };
const RULE = {
  logic: 'AND',
  conditions: [
    { field: 'age', operator: '>', value: 18 },
    {
      logic: 'OR',
      conditions: [
        { field: 'seen', operator: 'recent_days', value: 7 },
        { field: 'coins', operator: 'has', value: 'BTC' },
      ],
    },
  ],
};

function results(examples: readonly RuleExample[]) {
  const { rule } = checkRule(JSON.stringify(RULE), CATALOG);
  return runExamples(rule!, CATALOG, examples, CLOCK);
}

test('values are written plainly, whatever the files hold, and the day may be another', () => {
  const report = results([
    { name: 'number', row: { age: 20, seen: '2026-11-20' }, expect: 'T' },
    { name: 'text', row: { 't.age': '20', seen: '2026-11-20' }, expect: 'T' },
    { name: 'earlier', row: { age: 20, seen: '2026-11-20' }, as_of: '2026-11-19', expect: 'U' },
    { name: 'young', row: { age: 18, coins: ['BTC'] }, expect: 'T' },
    { name: 'strange', row: { agee: 1 }, expect: 'T' },
    { name: 'broken', row: { age: 'x' }, expect: 'U' },
  ]);
  expect(report.results).toEqual([
    { name: 'number', expect: 'T', got: 'T', ok: true, problem: null },
    { name: 'text', expect: 'T', got: 'T', ok: true, problem: null },
    { name: 'earlier', expect: 'U', got: 'U', ok: true, problem: null },
    { name: 'young', expect: 'T', got: 'F', ok: false, problem: null },
    { name: 'strange', expect: 'T', got: null, ok: false, problem: expect.stringContaining('did you mean `age`?') },
    { name: 'broken', expect: 'U', got: null, ok: false, problem: '"x" is no int64 (`age`)' },
  ]);
});

test('a condition on which no example depends is named', () => {
  expect(results([{ name: 'a', row: { age: 20, seen: '2026-11-20' }, expect: 'T' }]).undecided).toEqual(['/conditions/1/conditions/1']);
  expect(results([]).undecided).toHaveLength(3);
});
