import { dayLiteral } from '../literals.ts';
import { one } from '../operand.ts';
import { readDay } from '../operand-scalars.ts';
import { textOf } from '../operator.ts';
import { windowedOperator } from '../windowed.ts';

export const after = [
  windowedOperator({
    name: 'after',
    operand: one('a day', readDay),
    meaning: 'the date of x is later than that day',
    label: { en: 'is after', zh: '晚于' },
    example: { field: 'registration_date', operator: 'after', value: '2026-01-01' },
    window: (leaf) => ({ from: dayLiteral(textOf(leaf)) + 1 }),
  }),
];
