/** The whole corpus through the function of `rules conformance`, on each engine. */
import { openIndexEngine, openSqlEngine } from '@tagmill/executor/engine/sql-engine';
import { answerLine, referenceEngine, type RowEngine } from '@tagmill/shared/conformance/answer';
import { expect, test } from 'vitest';
import { conformanceLines } from '../src/corpus.ts';

const lines = conformanceLines();

/** What a line must give and does not; people see the case, the answer and what is right. */
async function disagreements(engine: RowEngine): Promise<string[]> {
  const wrong: string[] = [];
  for (const { id, about, line, expect: wanted } of lines) {
    const answer = await answerLine(line, engine);
    const { id: told, ...got } = answer;
    if (told !== id || !sameJson(got, wanted))
      wrong.push(`${id} ${about}: ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}: ${line.slice(0, 300)}`);
  }
  return wrong;
}

const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, item]) => [key, sorted(item)])
    : value;

const sameJson = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

test('the corpus is whole, and a case of several rules is one line for each', () => {
  expect(new Set(lines.map(({ id }) => id.replace(/#\d+$/, ''))).size).toBe(1_672);
  expect(lines.length).toBeGreaterThan(1_672);
});

test.each([
  ['SQL', openSqlEngine],
  ['the predicate index', openIndexEngine],
])(
  '%s answers every case of the corpus rightly',
  async (_, open) => {
    const engine = await open();
    try {
      expect((await disagreements(engine)).slice(0, 20)).toEqual([]);
    } finally {
      engine.close();
    }
  },
  300_000,
);

test('a line that is no case is answered, and so are those behind it', async () => {
  const codes: (string | undefined)[] = [];
  const bad = [
    '',
    'x',
    '[]',
    '{"id":"a"}',
    '{"id":"a","kind":"row"}',
    `{"id":"a","kind":"check","catalog":{"fields":{"x":"int"}},"rule":{}}`,
  ];
  for (const line of bad) codes.push((await answerLine(line, referenceEngine)).error?.code);
  expect(new Set(codes)).toEqual(new Set(['CASE_INVALID']));
  const catalog = '"kind":"check","catalog":{"fields":{"x":"int64"}}';
  const twice = `{"id":"b",${catalog},"rule":{"field":"x","field":"x","operator":"is_null"}}`;
  expect(await answerLine(twice, referenceEngine)).toMatchObject({ id: 'b', error: { code: 'RULE_JSON', path: '' } });
  const deep = `{"id":"c",${catalog},"rule":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
  expect(await answerLine(deep, referenceEngine)).toEqual({ id: 'c', error: { code: 'RULE_TOO_DEEP', path: '' } });
});

test('the reference answers every case of the corpus rightly', async () => {
  expect((await disagreements(referenceEngine)).slice(0, 20)).toEqual([]);
});
