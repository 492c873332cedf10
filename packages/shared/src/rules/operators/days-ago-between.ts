import { wholePair } from '../operand.ts';
import { pairOf } from '../operator.ts';
import { DAYS_MAX, windowedOperator } from '../windowed.ts';

export const daysAgoBetween = [
  windowedOperator({
    name: 'days_ago_between',
    operand: wholePair('[a, b] with 0 ≤ a ≤ b ≤ 36,500', 0, DAYS_MAX),
    meaning: 'the date of x lies between b and a days before today, both in',
    label: { en: 'between days ago', zh: '几天前到几天前之间' },
    example: { field: 'registration_date', operator: 'days_ago_between', value: [30, 60] },
    window(leaf, today) {
      const [a, b] = pairOf(leaf);
      return { from: today - Number(b), to: today - Number(a) };
    },
  }),
];
