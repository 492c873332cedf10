import { countHolds } from '../counted.ts';
import { type Decimal, formatDecimal } from '../decimals.ts';
import { compared } from '../operand.ts';
import { ALL_TYPES } from '../operator.ts';
import type { Value } from '../values.ts';
import { aggregate, presentValues } from './aggregates.ts';

/** A text that equal values of one type share. */
function keyOf(value: Value): string {
  if (typeof value === 'number') return String(value === 0 ? 0 : value);
  return typeof value === 'object' && 'unscaled' in value ? formatDecimal(value as Decimal) : String(value);
}

export const countDistinct = [
  aggregate({
    name: 'count_distinct',
    field: 'must',
    kinds: ALL_TYPES.filter((kind) => kind !== 'array'),
    types: 'any but A',
    operand: compared(''),
    takes: 'a whole number of 0 or more, or [low, high]',
    meaning: 'the number of distinct present values compares as `compare` says; no row is 0',
    label: { en: 'number of distinct values', zh: '去重数' },
    example: { operator: 'count_distinct', table: 'trades', field: 'coin', compare: '>=', value: 3 },
    holds: (leaf, rows, world) => countHolds(new Set(presentValues(leaf, rows, world).map(keyOf)).size, leaf),
  }),
];
