import { whole } from '../operand.ts';
import { textOf } from '../operator.ts';
import { DAYS_MAX, windowedOperator } from '../windowed.ts';

export const nextDays = [
  windowedOperator({
    name: 'next_days',
    operand: whole('1 to 36,500 days', 1, DAYS_MAX),
    meaning: 'the date of x is today or one of the N−1 days after',
    label: { en: 'in the next days', zh: '未来几天内' },
    example: { field: 'matures_on', operator: 'next_days', value: 7 },
    window: (leaf, today) => ({ from: today, to: today + (Number(textOf(leaf)) - 1) }),
  }),
];
