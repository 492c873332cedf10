import { countHolds } from '../counted.ts';
import { compared } from '../operand.ts';
import { aggregate, dayOfRow } from './aggregates.ts';

export const daysActive = [
  aggregate({
    name: 'days_active',
    field: 'none',
    kinds: [],
    types: 'none',
    operand: compared(''),
    takes: 'a whole number of 0 or more, or [low, high]',
    meaning: 'the number of distinct dates of the time column compares as `compare` says; no row is 0',
    label: { en: 'active days', zh: '活跃天数' },
    example: { operator: 'days_active', table: 'logins', compare: '>=', value: 5, window: { last_days: 7 } },
    holds: (leaf, rows, world) => countHolds(new Set(rows.flatMap((row) => dayOfRow(leaf, row, world) ?? [])).size, leaf),
  }),
];
