import type { FieldType } from '../../fields.ts';
import { compared } from '../operand.ts';
import { readTyped } from '../operand-scalars.ts';
import { EXACT_DIGITS } from '../widths.ts';
import { aggregate, computedHolds, presentValues } from './aggregates.ts';
import { refuseWide, SUMMED, sumOf } from './sums.ts';

/** A sum may be longer than its column, but has no more digits after the point. */
const typeOfSum = (type: FieldType): FieldType => ({
  kind: 'decimal',
  precision: EXACT_DIGITS,
  scale: type.kind === 'decimal' ? type.scale : 0,
});

export const sum = [
  aggregate({
    name: 'sum',
    field: 'must',
    kinds: SUMMED,
    types: 'int64, decimal of up to 28 digits',
    operand: compared('', readTyped),
    takes: 'a number, or [low, high]',
    meaning: 'the exact sum of the present values compares as `compare` says; no row is 0, rows without any value are UNKNOWN',
    label: { en: 'sum', zh: '求和' },
    example: { operator: 'sum', table: 'trades', field: 'amount', compare: '>', value: 10000, window: { last_months: 1 } },
    operandType: typeOfSum,
    more: refuseWide,
    holds(leaf, rows, world) {
      const values = presentValues(leaf, rows, world);
      if (rows.length > 0 && values.length === 0) return null;
      return computedHolds(leaf, typeOfSum(leaf.field!.type), sumOf(values), world);
    },
  }),
];
