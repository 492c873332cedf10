import { hasElement, hasElementSql } from '../elements.ts';
import { one } from '../operand.ts';
import { type Operator, textOf } from '../operator.ts';

export const has: readonly Operator[] = [
  {
    name: 'has',
    aliases: [],
    group: 'array',
    types: ['array'],
    operand: one('one element'),
    keys: ['missing'],
    meaning: 'an element of x equals the value',
    label: { en: 'has', zh: '含有' },
    example: { field: 'coins_held', operator: 'has', value: 'BTC' },
    evaluate: (value, leaf, clock) => hasElement(value, textOf(leaf), leaf, clock),
    sql: (column, leaf, clock) => hasElementSql(column, textOf(leaf), leaf, clock),
  },
];
