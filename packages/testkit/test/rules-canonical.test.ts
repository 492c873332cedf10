/** The one form of rules: the same results, and the same text for rules that differ in order, repeats and nesting alone. */
import { canonicalRule, canonicalText } from '@tagmill/shared/rules/canonical';
import { checkRule } from '@tagmill/shared/rules/check';
import { makeClock } from '@tagmill/shared/rules/clock';
import { describeRule } from '@tagmill/shared/rules/describe';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { evaluateRule } from '@tagmill/shared/rules/reference';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCorpus } from '../src/corpus.ts';
import { row, rule } from '../src/rule-arbitraries.ts';

const catalog = readCorpus().catalogs.get('bank')!;
const clock = makeClock({ zone: 'Asia/Shanghai', asOf: '2026-11-22', businessDate: '2026-11-22' });

const checked = (value: unknown): NormalRule | null => checkRule(JSON.stringify(value), catalog).rule;
const letters = (one: NormalRule, rows: readonly ReturnType<typeof cellsOf>[]): string =>
  rows.map((cells) => evaluateRule(one, cells, clock)).join('');
const cellsOf = (cells: Readonly<Record<string, unknown>>) => (field: { readonly name: string }) => cells[field.name] as never;

type Node = Readonly<Record<string, unknown>> & { readonly conditions?: readonly Node[]; readonly logic?: string };

/** The same rule as somebody else would write it. */
function rewritten(node: Node, draw: () => number): Node {
  const { conditions, logic } = node;
  if (conditions === undefined) {
    const isSet = ['in', 'not_in', 'contains_any', 'contains_all'].includes(String(node['operator'])) && Array.isArray(node['value']);
    return isSet ? { ...node, value: shuffled([...(node['value'] as unknown[]), (node['value'] as unknown[])[0]], draw) } : node;
  }
  const inner = shuffled(
    conditions.map((child) => rewritten(child, draw)),
    draw,
  );
  if (logic === 'AT_LEAST' || logic === 'NOT') return { ...node, conditions: inner };
  const repeated = [...inner, inner[0]!];
  const nested = logic === 'AND' || logic === 'OR' ? [{ logic, conditions: repeated }] : repeated;
  return { ...node, conditions: nested };
}

function shuffled<T>(items: readonly T[], draw: () => number): T[] {
  const left = [...items];
  return items.map(() => left.splice(Math.floor(draw() * left.length), 1)[0]!);
}

test('random rules give the same for every row in their one form, which is its own form', () => {
  let seen = 0;
  fc.assert(
    fc.property(rule(catalog), fc.array(row(catalog), { minLength: 6, maxLength: 12 }), (written, rows) => {
      const one = checked(written);
      if (one === null) return;
      seen += 1;
      const form = canonicalRule(one) as NormalRule;
      const cells = rows.map((each) => cellsOf(each as never));
      expect(letters(form, cells), describeRule(one)).toBe(letters(one, cells));
      expect(canonicalRule(form)).toEqual(form);
    }),
    { numRuns: 2_000 },
  );
  expect(seen).toBeGreaterThan(500);
});

test('the same rule in another order, with repeats and nested once more, has the same text; another rule has not', () => {
  const texts = new Map<string, string>();
  fc.assert(
    fc.property(rule(catalog), fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (written, stream) => {
      const one = checked(written);
      const draw = (): number => stream.next().value as number;
      const other = checked(rewritten(written as Node, draw));
      if (one === null || other === null) return;
      expect(canonicalText(other)).toBe(canonicalText(one));
    }),
    { numRuns: 1_000 },
  );
  for (const [field, operator, value] of [
    ['age', '>', 5],
    ['age', '>=', 5],
    ['age', '>', 6],
    ['age', 'in', [5, 6]],
    ['age', 'in', [5, 7]],
    ['level', '=', 'VIP2'],
  ] as const) {
    const one = checked({ field, operator, value });
    if (one !== null) texts.set(canonicalText(one), operator);
  }
  expect(texts.size).toBeGreaterThanOrEqual(5);
});

test.each([
  [
    { logic: 'NOT', conditions: [{ logic: 'NOT', conditions: [{ field: 'age', operator: '>', value: 5 }] }] },
    { field: 'age', operator: '>', value: 5 },
  ],
  [
    {
      logic: 'NONE',
      conditions: [
        {
          logic: 'OR',
          conditions: [
            { field: 'age', operator: '>', value: 5 },
            { field: 'age', operator: '<', value: 2 },
          ],
        },
      ],
    },
    {
      logic: 'NOT',
      conditions: [
        {
          logic: 'OR',
          conditions: [
            { field: 'age', operator: '<', value: 2 },
            { field: 'age', operator: '>', value: 5 },
          ],
        },
      ],
    },
  ],
  [
    {
      logic: 'AT_LEAST',
      k: 1,
      conditions: [
        { field: 'age', operator: '>', value: 5 },
        { field: 'age', operator: '<', value: 2 },
      ],
    },
    {
      logic: 'OR',
      conditions: [
        { field: 'age', operator: '<', value: 2 },
        { field: 'age', operator: '>', value: 5 },
      ],
    },
  ],
])('%j is %j', (one, other) => {
  expect(canonicalText(checked(one)!)).toBe(canonicalText(checked(other)!));
});

test('what stands twice in AT_LEAST counts twice', () => {
  const [a, b] = [
    { field: 'age', operator: '>', value: 5 },
    { field: 'age', operator: '<', value: 2 },
  ];
  const twice = checked({ logic: 'AT_LEAST', k: 2, conditions: [a, a, b] })!;
  const once = checked({ logic: 'AT_LEAST', k: 2, conditions: [a, b] })!;
  expect(canonicalText(twice)).not.toBe(canonicalText(once));
});
