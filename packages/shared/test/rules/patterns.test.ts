import { expect, test } from 'vitest';
import { bucketNumber, firstOfBucket } from '../../src/rules/bucket-number.ts';
import { patternSql } from '../../src/rules/pattern-sql.ts';
import { patternTokens, writtenOutSize } from '../../src/rules/pattern-tokens.ts';
import { patternFound, patternProblem } from '../../src/rules/patterns.ts';

test.each([
  '(?=b)',
  '(?<!a)b',
  '(a)\\1',
  '\\C',
  'a{1001}',
  '(a{100}){11}',
  '\\p{Nope}',
  '\\p{LC}',
  '\\p{Alphabetic}',
  '(?x)a',
  '[z-a]',
  'a**',
])('%s is none of RE2’s language', (pattern) => {
  expect(patternProblem(pattern)).not.toBeNull();
});

test('what RE2 has no room for is refused, in little time', () => {
  const started = performance.now();
  for (const pattern of [
    '\\pL{500}',
    'a{1000}'.repeat(146),
    '(?:[^\\pL]{30}){30}',
    '.{1000}'.repeat(140),
    '((a{1000}b){1}c{1000}){1}'.repeat(20),
  ]) {
    expect(patternProblem(pattern), pattern.slice(0, 20)).toContain('too large');
  }
  for (const pattern of ['\\pL{1,100}', '.{1000}', '[a-z0-9_.-]{1,1000}', '\\p{Han}{1000}']) expect(patternProblem(pattern)).toBeNull();
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('no pattern takes exponential time', () => {
  const started = performance.now();
  for (const pattern of ['(x+x+)+y', '(a|aa)+$', '(.*)*\\d', '(x?){50}x{50}']) patternFound(pattern, 'x'.repeat(20_000));
  expect(performance.now() - started).toBeLessThan(20_000);
});

test('the pieces of a pattern together are the pattern', () => {
  for (const pattern of [
    'a(?P<n>b[^]\\pL[:alpha:]x-]{2,3})?|\\Q(\\E+',
    '[',
    '(',
    '\\',
    'a{',
    '(?i',
    '[[:alpha:]',
    '\\x{1F600}é😀{3}',
    ')',
  ]) {
    expect([...patternTokens(pattern)].map((token) => token.text).join('')).toBe(pattern);
  }
  expect(writtenOutSize('(ab{10}){5}')).toBeGreaterThanOrEqual(55);
  expect(writtenOutSize('a{2,}')).toBeLessThan(10);
});

test('for DuckDB properties are written out and groups have their older form', () => {
  expect(patternSql('(?<n>a)[x\\p{Yi}]\\Q(?<\\E')).toBe('(?P<n>a)[x\\x{a000}-\\x{a48c}\\x{a490}-\\x{a4c6}]\\Q(?<\\E');
  expect(patternSql('\\P{Yi}')).toBe('[^\\x{a000}-\\x{a48c}\\x{a490}-\\x{a4c6}]');
  expect(patternSql('[\\P{Yi}]')).toBe('[\\x{0}-\\x{9fff}\\x{a48d}-\\x{a48f}\\x{a4c7}-\\x{10ffff}]');
  expect(patternSql('\\p{^Yi}')).toBe(patternSql('\\P{Yi}'));
  expect(patternSql('^a.b$')).toBe('^a.b$');
});

test.each([
  ['exp1', '1', 6969],
  ['exp1', '42', 2480],
  ['exp1', 'user_0001', 6279],
  ['exp1', '', 7687],
  ['a', 'b:c', 6911],
  ['2026-q4.test_A', '9007199254740993', 4968],
  ['exp1', '用户😀', 8474],
])('the bucket of %s:%s is %i', (salt, id, bucket) => {
  expect(bucketNumber(salt, id)).toBe(bucket);
});

test('a bound of buckets is the least hash of that bucket', () => {
  for (const bucket of [0, 1, 2480, 9_999, 10_000]) {
    const first = firstOfBucket(bucket);
    expect(Number((first * 10_000n) >> 32n)).toBe(bucket);
    if (bucket > 0) expect(Number(((first - 1n) * 10_000n) >> 32n)).toBe(bucket - 1);
  }
});

test('long texts are hashed over several blocks', () => {
  expect(bucketNumber('a', 'x'.repeat(200))).toBe(Math.floor((0xe5f086e0 * 10_000) / 2 ** 32));
});
