import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffRules, ruleLines } from '../../src/rules/line-diff.ts';

const RULE =
  '{"logic":"AND","conditions":[{"field":"a","operator":"=","value":9007199254740993},{"logic":"OR","conditions":[{"field":"b","operator":"is_null"}]}]}';

test('a condition is a line, and numbers keep their digits', () => {
  expect(ruleLines(RULE)).toEqual([
    '{',
    '  "logic": "AND",',
    '  "conditions": [',
    '    { "field": "a", "operator": "=", "value": 9007199254740993 },',
    '    {',
    '      "logic": "OR",',
    '      "conditions": [',
    '        { "field": "b", "operator": "is_null" }',
    '      ]',
    '    }',
    '  ]',
    '}',
  ]);
  expect(ruleLines('no JSON')).toEqual(['no JSON']);
});

test('a condition that is added at the end is one line more: the comma before it is no change', () => {
  const after = RULE.replace('"is_null"}]', '"is_null"},{"field":"c","operator":"is_null"}]');
  expect(diffRules(RULE, after).filter(({ op }) => op !== 'same')).toEqual([
    { op: 'added', text: '        { "field": "c", "operator": "is_null" }' },
  ]);
});

test('what is the same and what is removed is the one rule, with what is added it is the other', () => {
  const leaf = fc.record({ field: fc.constantFrom('a', 'b'), operator: fc.constant('='), value: fc.integer({ min: 0, max: 3 }) });
  const rule = fc.array(leaf, { minLength: 1, maxLength: 6 }).map((conditions) => JSON.stringify({ logic: 'AND', conditions }));
  const bare = (lines: readonly string[]): string[] => lines.map((line) => line.replace(/,$/, ''));
  fc.assert(
    fc.property(rule, rule, (a, b) => {
      const lines = diffRules(a, b);
      const side = (op: 'added' | 'removed') => bare(lines.filter((line) => line.op === 'same' || line.op === op).map(({ text }) => text));
      expect(side('removed')).toEqual(bare(ruleLines(a)));
      expect(side('added')).toEqual(bare(ruleLines(b)));
    }),
    { numRuns: 200 },
  );
});
