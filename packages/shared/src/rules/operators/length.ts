import { countedOperator } from '../counted.ts';
import type { Operator } from '../operator.ts';

export const length: readonly Operator[] = [
  countedOperator({
    name: 'length',
    group: 'string',
    types: ['string'],
    meaning: 'the number of code points of x compares as `compare` says',
    label: { en: 'length', zh: '长度' },
    example: { field: 'nickname', operator: 'length', compare: '>=', value: 2 },
    count: (value) => Array.from(value as string).length,
    countSql: (column) => `length(${column})`,
  }),
];
