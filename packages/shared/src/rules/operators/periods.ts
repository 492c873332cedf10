import { PERIODS, periodOf, type Period } from '../calendar.ts';
import { noOperand } from '../operand.ts';
import type { Operator } from '../operator.ts';
import { windowedOperator } from '../windowed.ts';

const ZH: Readonly<Record<Period, string>> = { day: '天', week: '周', month: '月', quarter: '季度', year: '年' };

const period = (which: 'this' | 'previous', name: Period): Operator =>
  windowedOperator({
    name: `${which}_${name}`,
    operand: noOperand(),
    meaning:
      which === 'this'
        ? `the date of x is in the calendar ${name} that holds today, its days to come included`
        : `the date of x is in the calendar ${name} before the one that holds today`,
    label: { en: `in ${which === 'this' ? 'this' : 'the previous'} ${name}`, zh: `${which === 'this' ? '本' : '上一'}${ZH[name]}` },
    example: { field: 'registration_date', operator: `${which}_${name}` },
    window: (_leaf, today) => periodOf(today, name, which),
  });

/** Weeks start on Monday. */
export const periods: readonly Operator[] = [
  ...PERIODS.map((name) => period('this', name)),
  ...PERIODS.map((name) => period('previous', name)),
];
