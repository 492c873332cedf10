import type { RunClock } from '@tagmill/shared/fields';
import { checkRule } from '@tagmill/shared/rules/check';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { evaluateRule, type Truth } from '@tagmill/shared/rules/reference';
import { readCell } from '@tagmill/shared/rules/values';
import { expect, test } from 'vitest';
import { type CorpusRow, readCorpus, type RowsCase } from '../src/corpus.ts';
import { byFile, isLater } from '../src/corpus-support.ts';
import { ruleTable, type TimestampType } from '../src/rule-table.ts';

const corpus = readCorpus();
const catalog = corpus.catalogs.get('bank')!;

interface Runnable {
  readonly item: RowsCase;
  readonly rule: NormalRule;
}

const cases = corpus.cases.filter((item): item is RowsCase => item.kind === 'rows');
const checked = cases.map((item) => ({ item, result: checkRule(item.rule, item.catalog) }));
const later = checked.filter(({ result }) => isLater(result)).map(({ item }) => item.id);
/** Rules whose run fails before any row is read: the reference test looks at them. */
const failing = checked.filter(({ result }) => result.runErrors !== undefined);
const runnable = checked.flatMap(({ item, result }): Runnable[] =>
  result.rule === null || result.runErrors !== undefined ? [] : [{ item, rule: result.rule }],
);

/** Each distinct row of the corpus once. */
const rows: CorpusRow[] = [];
const rowNumbers = new Map<string, number>();
for (const { item } of runnable) {
  for (const row of item.rows) {
    const key = JSON.stringify(row);
    if (!rowNumbers.has(key)) {
      rowNumbers.set(key, rows.length);
      rows.push(row);
    }
  }
}

const clocks = new Map<string, RunClock>(runnable.map(({ item }) => [JSON.stringify(item.clock), item.clock]));
const of = (key: string): Runnable[] => runnable.filter(({ item }) => JSON.stringify(item.clock) === key);
const FLIPPED: Readonly<Record<Truth, Truth>> = { T: 'F', F: 'T', U: 'U' };

test('nothing of the corpus is left out but what this version lacks', () => {
  console.info(
    `corpus in DuckDB: ${runnable.length} rules over ${rows.length} rows; not in this version: ${later.length} (${byFile(later)})`,
  );
  expect(runnable.length + later.length + failing.length).toBe(cases.length);
});

test.each<TimestampType>(['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'])(
  'DuckDB gives the letters of the corpus, also under NOT (%s)',
  async (timestamps) => {
    const table = await ruleTable(catalog, rows, timestamps);
    const problems: string[] = [];
    try {
      for (const [key, clock] of clocks) {
        const group = of(key);
        const rules = group.flatMap(({ rule }): NormalRule[] => [rule, { logic: 'NOT', conditions: [rule] }]);
        const letters = await table.evaluate(rules, clock);
        group.forEach(({ item }, index) => {
          const got = item.rows.map((row) => letters[2 * index]?.[rowNumbers.get(JSON.stringify(row))!] ?? '?');
          const negated = item.rows.map((row) => letters[2 * index + 1]?.[rowNumbers.get(JSON.stringify(row))!] ?? '?');
          if (got.join('') !== item.expect)
            problems.push(`${item.id} ${item.about}: ${item.rule} gives ${got.join('')}, not ${item.expect}`);
          const flipped = got.map((letter) => (letter === '?' ? '?' : FLIPPED[letter])).join('');
          if (negated.join('') !== flipped) problems.push(`${item.id}: NOT gives ${negated.join('')} for ${got.join('')}`);
        });
      }
    } finally {
      table.close();
    }
    expect(problems).toEqual([]);
  },
);

test('DuckDB and the reference agree on every rule of the corpus over every row of it', async () => {
  const table = await ruleTable(catalog, rows);
  const problems: string[] = [];
  try {
    for (const [key, clock] of clocks) {
      const group = of(key);
      const letters = await table.evaluate(
        group.map(({ rule }) => rule),
        clock,
      );
      group.forEach(({ item, rule }, index) => {
        rows.forEach((row, at) => {
          const wanted = evaluateRule(rule, (field) => row[field.name], clock);
          const got = letters[index]?.[at];
          if (got !== wanted && problems.length < 50)
            problems.push(`${item.id} ${item.rule} ${JSON.stringify(row)}: DuckDB ${got}, reference ${wanted}`);
        });
      });
    }
  } finally {
    table.close();
  }
  expect(problems).toEqual([]);
});

test('cast errors are the stored values that the declared type cannot take, and NaN is none', async () => {
  const table = await ruleTable(catalog, rows);
  const clock = [...clocks.values()][0]!;
  let errors = 0;
  try {
    for (const field of catalog.fields) {
      const wanted = rows.map((row) => {
        const cell = row[field.name];
        const notThere = cell === null || cell === undefined || (cell === 'NaN' && field.stored !== 'text');
        return !notThere && readCell(field, cell, clock) === null;
      });
      expect(await table.castErrors(field, clock), field.name).toEqual(wanted);
      errors += wanted.filter(Boolean).length;
    }
  } finally {
    table.close();
  }
  expect(errors).toBeGreaterThan(50);
});
