import { dayLiteral } from '../literals.ts';
import { one } from '../operand.ts';
import { readDay } from '../operand-scalars.ts';
import { textOf } from '../operator.ts';
import { windowedOperator } from '../windowed.ts';

export const on = [
  windowedOperator({
    name: 'on',
    operand: one('a day', readDay),
    meaning: 'the date of x is that day',
    label: { en: 'is on', zh: '在当天' },
    example: { field: 'registration_date', operator: 'on', value: '2026-11-22' },
    window: (leaf) => ({ from: dayLiteral(textOf(leaf)), to: dayLiteral(textOf(leaf)) }),
  }),
];
