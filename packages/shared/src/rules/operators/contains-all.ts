import { hasElement, hasElementsSql } from '../elements.ts';
import { list } from '../operand.ts';
import { listOf, type Operator } from '../operator.ts';

export const containsAll: readonly Operator[] = [
  {
    name: 'contains_all',
    aliases: [],
    group: 'array',
    types: ['array'],
    operand: list('a list of 1 to 10,000 elements'),
    keys: ['missing'],
    meaning: 'every listed value is an element of x',
    label: { en: 'has all of', zh: '含有全部' },
    example: { field: 'coins_held', operator: 'contains_all', value: ['BTC', 'ETH'] },
    evaluate: (value, leaf, clock) => listOf(leaf).every((item) => hasElement(value, item, leaf, clock)),
    sql: (column, leaf, clock) => hasElementsSql('all', column, listOf(leaf), leaf, clock),
  },
];
