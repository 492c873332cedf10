import { one } from '../operand.ts';
import { readPattern } from '../operand-pattern.ts';
import { negation, type Operator, textOf } from '../operator.ts';
import { patternFound } from '../patterns.ts';
import { patternSql } from '../pattern-sql.ts';
import { textSql } from '../sql-literals.ts';

const isMatch: Operator = {
  name: 'matches',
  aliases: ['regex_match'],
  group: 'string',
  types: ['string'],
  operand: one('a pattern in RE2’s language, not empty', readPattern),
  keys: ['missing'],
  meaning:
    'the pattern is found somewhere in x; `^` and `$` are the ends of the whole text, `.` is no line end, `\\d \\w \\s \\b` are ASCII',
  label: { en: 'matches the pattern', zh: '匹配正则' },
  example: { field: 'nickname', operator: 'matches', value: '^vip[0-9]+$' },
  evaluate: (value, leaf) => patternFound(textOf(leaf), value as string),
  sql: (column, leaf) => `regexp_matches(${column}, ${textSql(patternSql(textOf(leaf)))})`,
};

export const matches: readonly Operator[] = [
  isMatch,
  negation(isMatch, {
    name: 'not_matches',
    aliases: [],
    meaning: 'the pattern is found nowhere in x; a missing x stays UNKNOWN',
    label: { en: 'does not match the pattern', zh: '不匹配正则' },
    example: { field: 'nickname', operator: 'not_matches', value: '^test', missing: 'no_match' },
  }),
];
