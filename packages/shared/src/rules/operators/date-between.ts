import { dayLiteral } from '../literals.ts';
import { pair } from '../operand.ts';
import { readDay } from '../operand-scalars.ts';
import { negation, type Operator, pairOf } from '../operator.ts';
import { windowedOperator } from '../windowed.ts';

const between = windowedOperator({
  name: 'date_between',
  aliases: ['date_in_range'],
  operand: pair('[day, day]', readDay),
  meaning: 'the date of x lies between the days, both in',
  label: { en: 'is between the days', zh: '日期介于' },
  example: { field: 'registration_date', operator: 'date_between', value: ['2026-11-01', '2026-11-30'] },
  window(leaf) {
    const [low, high] = pairOf(leaf);
    return { from: dayLiteral(low), to: dayLiteral(high) };
  },
});

export const dateBetween: readonly Operator[] = [
  between,
  negation(between, {
    name: 'date_not_between',
    aliases: ['date_not_in_range'],
    meaning: 'the date of x lies outside of the days; a missing x stays UNKNOWN',
    label: { en: 'is not between the days', zh: '日期不介于' },
    example: { field: 'registration_date', operator: 'date_not_between', value: ['2026-11-01', '2026-11-30'], missing: 'no_match' },
  }),
];
