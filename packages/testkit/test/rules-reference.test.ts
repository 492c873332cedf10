import { checkRule } from '@tagmill/shared/rules/check';
import type { NormalRule } from '@tagmill/shared/rules/normal';
import { evaluateRule, type Truth } from '@tagmill/shared/rules/reference';
import { expect, test } from 'vitest';
import { type CheckCase, readCorpus, type RowsCase } from '../src/corpus.ts';
import { byFile, isLater } from '../src/corpus-support.ts';

const corpus = readCorpus();
const rowsCases = corpus.cases.filter((item): item is RowsCase => item.kind === 'rows');
const checkCases = corpus.cases.filter((item): item is CheckCase => item.kind === 'check');

const NOT: Readonly<Record<string, string>> = { T: 'F', F: 'T', U: 'U' };

const lettersOf = (rule: NormalRule, item: RowsCase): string =>
  item.rows.map((row): Truth => evaluateRule(rule, (field) => row[field.name], item.clock)).join('');

test('the corpus is whole', () => {
  expect(rowsCases.length + checkCases.length + corpus.buckets).toBeGreaterThan(1_650);
});

test('every rule with rows passes the check and gives its letters, also under NOT', () => {
  const problems: string[] = [];
  const later: string[] = [];
  let agreed = 0;
  for (const item of rowsCases) {
    const result = checkRule(item.rule, item.catalog);
    if (isLater(result)) {
      later.push(item.id);
      continue;
    }
    const rule = result.rule;
    if (rule === null) {
      problems.push(`${item.id} ${item.about}: refused ${JSON.stringify(result.errors)}`);
      continue;
    }
    const [failure] = result.runErrors ?? [];
    if (failure !== undefined || item.failure !== null) {
      const got = failure === undefined ? 'no failure' : `${failure.code} ${failure.path}`;
      if (got !== item.failure) problems.push(`${item.id}: the run fails with ${got}, not ${item.failure}`);
      else agreed += 1;
      continue;
    }
    const letters = lettersOf(rule, item);
    const negated = lettersOf({ logic: 'NOT', conditions: [rule] }, item);
    const wanted = item.expect ?? 'an error of the run';
    if (letters !== wanted) problems.push(`${item.id} ${item.about}: ${item.rule} gives ${letters}, not ${wanted}`);
    if (negated !== Array.from(wanted, (letter) => NOT[letter]).join('')) problems.push(`${item.id}: NOT gives ${negated} for ${wanted}`);
    agreed += 1;
  }
  console.info(`corpus: ${agreed} rules with rows agree; not in this version: ${later.length} (${byFile(later)})`);
  expect(problems).toEqual([]);
  expect(agreed).toBeGreaterThanOrEqual(961);
});

test('every rule of check.jsonl is refused with its code and path, or accepted', () => {
  const problems: string[] = [];
  const later: string[] = [];
  let agreed = 0;
  for (const item of checkCases) {
    const result = checkRule(item.rule, item.catalog);
    const first = result.errors[0];
    const got = first === undefined ? 'ok' : `${first.code} ${first.path}`;
    const wanted = item.error === null ? 'ok' : `${item.error.code} ${item.error.path}`;
    if (got === wanted) agreed += 1;
    else if (isLater(result)) later.push(`${item.id} (${wanted})`);
    else problems.push(`${item.id} ${item.about}: ${item.rule.slice(0, 200)} gives ${got}, not ${wanted}: ${first?.message}`);
  }
  console.info(`corpus: ${agreed} checks agree; of operators not in this version: ${later.length} (${later.join(', ')})`);
  expect(problems).toEqual([]);
  expect(agreed).toBeGreaterThanOrEqual(467);
});

test('each rule with one defect gives exactly the errors of that defect', () => {
  const noisy = checkCases
    .filter((item) => item.error !== null)
    .map((item) => ({ item, result: checkRule(item.rule, item.catalog) }))
    .filter(({ result }) => !isLater(result) && result.errors.length > 1)
    .map(({ item, result }) => `${item.id}: ${result.errors.map((error) => error.code).join(' ')}`);
  expect(noisy).toEqual([]);
});

test('a rule read as a JavaScript value is judged like its text, but for numbers that were changed before', () => {
  for (const item of rowsCases) {
    const fromText = checkRule(item.rule, item.catalog);
    const fromValue = checkRule(JSON.parse(item.rule) as unknown, item.catalog);
    expect(fromValue, item.id).toEqual(fromText);
  }
});

test('without a catalogue no rule comes out, and no error that needs one', () => {
  const needCatalog = ['FIELD_UNKNOWN', 'FIELD_AMBIGUOUS', 'TYPE_MISMATCH', 'OPERATOR_TYPE', 'FIELD_PAIR', 'LIST_UNKNOWN', 'ARITH_WIDTH'];
  for (const item of corpus.cases) {
    const withOne = checkRule(item.rule, item.catalog);
    const without = checkRule(item.rule, null);
    expect(without.rule).toBeNull();
    expect(without.errors.filter((error) => needCatalog.includes(error.code) && !error.message.includes('name of a column'))).toEqual([]);
    if (withOne.errors.length === 0) expect(without.errors, item.id).toEqual([]);
  }
});
