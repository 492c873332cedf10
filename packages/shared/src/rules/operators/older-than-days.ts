import { whole } from '../operand.ts';
import { textOf } from '../operator.ts';
import { DAYS_MAX, windowedOperator } from '../windowed.ts';

export const olderThanDays = [
  windowedOperator({
    name: 'older_than_days',
    operand: whole('0 to 36,500 days', 0, DAYS_MAX),
    meaning: 'the date of x is earlier than N days before today',
    label: { en: 'more than days ago', zh: '早于几天前' },
    example: { field: 'last_login_date', operator: 'older_than_days', value: 90 },
    window: (leaf, today) => ({ to: today - Number(textOf(leaf)) - 1 }),
  }),
];
