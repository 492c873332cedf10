import { whole } from '../operand.ts';
import { negation, type Operator, textOf } from '../operator.ts';
import { DAYS_MAX, windowedOperator } from '../windowed.ts';

const recent = windowedOperator({
  name: 'recent_days',
  operand: whole('1 to 36,500 days', 1, DAYS_MAX),
  meaning: 'the date of x is today or one of the N−1 days before; the future is FALSE',
  label: { en: 'in the last days', zh: '最近几天内' },
  example: { field: 'last_login_date', operator: 'recent_days', value: 7 },
  window: (leaf, today) => ({ from: today - (Number(textOf(leaf)) - 1), to: today }),
});

export const recentDays: readonly Operator[] = [
  recent,
  negation(recent, {
    name: 'not_recent_days',
    aliases: [],
    meaning: 'the date of x is not among today and the N−1 days before; the future is TRUE',
    label: { en: 'not in the last days', zh: '不在最近几天内' },
    example: { field: 'last_login_date', operator: 'not_recent_days', value: 30, missing: 'match' },
  }),
];
