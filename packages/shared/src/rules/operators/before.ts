import { dayLiteral } from '../literals.ts';
import { one } from '../operand.ts';
import { readDay } from '../operand-scalars.ts';
import { textOf } from '../operator.ts';
import { windowedOperator } from '../windowed.ts';

export const before = [
  windowedOperator({
    name: 'before',
    operand: one('a day', readDay),
    meaning: 'the date of x is earlier than that day',
    label: { en: 'is before', zh: '早于' },
    example: { field: 'registration_date', operator: 'before', value: '2026-01-01' },
    window: (leaf) => ({ to: dayLiteral(textOf(leaf)) - 1 }),
  }),
];
