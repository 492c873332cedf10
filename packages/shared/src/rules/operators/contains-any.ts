import { hasElement, hasElementsSql } from '../elements.ts';
import { list } from '../operand.ts';
import { listOf, negation, type Operator } from '../operator.ts';

const any: Operator = {
  name: 'contains_any',
  aliases: ['intersects'],
  group: 'array',
  types: ['array'],
  operand: list('a list of 1 to 10,000 elements'),
  keys: ['missing'],
  meaning: 'a listed value is an element of x',
  label: { en: 'has any of', zh: '含有任一' },
  example: { field: 'coins_held', operator: 'contains_any', value: ['BTC', 'ETH'] },
  evaluate: (value, leaf, clock) => listOf(leaf).some((item) => hasElement(value, item, leaf, clock)),
  sql: (column, leaf, clock) => hasElementsSql('any', column, listOf(leaf), leaf, clock),
};

export const containsAny: readonly Operator[] = [
  any,
  negation(any, {
    name: 'not_contains_any',
    aliases: ['no_intersection'],
    meaning: 'no listed value is an element of x; a missing x stays UNKNOWN',
    label: { en: 'has none of', zh: '不含任一' },
    example: { field: 'coins_held', operator: 'not_contains_any', value: ['DOGE'], missing: 'no_match' },
  }),
];
