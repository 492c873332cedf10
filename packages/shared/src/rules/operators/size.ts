import { countedOperator } from '../counted.ts';
import type { Operator } from '../operator.ts';
import type { Value } from '../values.ts';

export const size: readonly Operator[] = [
  countedOperator({
    name: 'size',
    group: 'array',
    types: ['array'],
    meaning: 'the number of elements of x, repeats counted, compares as `compare` says',
    label: { en: 'number of elements', zh: '元素个数' },
    example: { field: 'coins_held', operator: 'size', compare: '>', value: 3 },
    count: (value) => (value as readonly Value[]).length,
    // NULL elements, which list_count passes over, are none.
    countSql: (column) => `list_count(${column})`,
  }),
];
