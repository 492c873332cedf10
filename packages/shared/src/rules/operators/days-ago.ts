import { whole } from '../operand.ts';
import { textOf } from '../operator.ts';
import { DAYS_MAX, windowedOperator } from '../windowed.ts';

export const daysAgo = [
  windowedOperator({
    name: 'days_ago',
    operand: whole('0 to 36,500 days', 0, DAYS_MAX),
    meaning: 'the date of x is N days before today or earlier; exactly N is `days_ago_between` [N, N]',
    label: { en: 'at least days ago', zh: '至少几天前' },
    example: { field: 'registration_date', operator: 'days_ago', value: 30 },
    window: (leaf, today) => ({ to: today - Number(textOf(leaf)) }),
  }),
];
