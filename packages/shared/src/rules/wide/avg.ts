import type { ScalarType } from '../../fields.ts';
import type { NodeFaults } from '../check-context.ts';
import { compareDecimals, multiply } from '../decimals.ts';
import type { AggregateLeaf } from '../normal.ts';
import { comparedNumbers } from '../operand-numbers.ts';
import { exact } from '../pairs.ts';
import { quotientHolds } from '../quotients.ts';
import { widthOfDecimal, widthOfType, widthProblem } from '../widths.ts';
import { aggregate, presentValues } from './aggregates.ts';
import { refuseWide, SUMMED, sumOf } from './sums.ts';

/** Digits of the number of rows. */
const COUNT_DIGITS = 10;

function checkWidth(leaf: AggregateLeaf, faults: NodeFaults): void {
  refuseWide(leaf, faults);
  const x = leaf.field === undefined ? null : widthOfType(leaf.field.type as ScalarType);
  if (x === null || faults.has('OPERATOR_TYPE')) return;
  for (const text of typeof leaf.value === 'object' ? leaf.value : [String(leaf.value)]) {
    const v = widthOfDecimal(exact(text));
    const problem = widthProblem(Math.max(x.whole, v.whole) + COUNT_DIGITS, Math.max(x.fraction, v.fraction));
    if (problem === null) continue;
    faults.fail('ARITH_WIDTH', '', problem);
    return;
  }
}

export const avg = [
  aggregate({
    name: 'avg',
    field: 'must',
    kinds: SUMMED,
    types: 'int64, decimal of up to 28 digits',
    operand: comparedNumbers(''),
    takes: 'a number, or [low, high]',
    meaning: 'the exact average of the present values compares as `compare` says, without rounding; without any value it is UNKNOWN',
    label: { en: 'average', zh: '平均值' },
    example: { operator: 'avg', table: 'trades', field: 'amount', compare: '>=', value: 100.5 },
    more: checkWidth,
    holds(leaf, rows, world) {
      const values = presentValues(leaf, rows, world);
      if (values.length === 0) return null;
      const [total, count] = [sumOf(values), { unscaled: BigInt(values.length), scale: 0 }];
      return quotientHolds(leaf, (literal) => compareDecimals(total, multiply(count, exact(literal))));
    },
  }),
];
