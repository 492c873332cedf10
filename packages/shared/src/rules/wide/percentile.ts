import type { ScalarType } from '../../fields.ts';
import type { NodeFaults } from '../check-context.ts';
import { readCompare } from '../check-options.ts';
import { compareDecimals } from '../decimals.ts';
import type { JsonObject } from '../json.ts';
import { one } from '../operand.ts';
import { readShortNumber } from '../operand-numbers.ts';
import { textOf } from '../operator.ts';
import { exact } from '../pairs.ts';
import { type Comparison, compareValues, orderHolds } from '../values.ts';
import { operandOf } from './check-wide.ts';
import { readRanked } from './populations.ts';
import { wideOperator } from './wide-operator.ts';

const ORDERS = ['>', '>=', '<', '<='];
const MAX_FRACTION = 3;
const percent = one('a number between 0 and 100', readShortNumber);

function readPercent(node: JsonObject, faults: NodeFaults): string | null {
  const value = percent.read(node.get('value'), operandOf('percentile', faults));
  if (typeof value !== 'string') return null;
  const number = exact(value);
  if (number.scale > MAX_FRACTION)
    faults.fail('OPERAND_SCALE', '/value', `a percentile has at most ${MAX_FRACTION} digits after the point`);
  else if (number.unscaled <= 0n || compareDecimals(number, { unscaled: 100n, scale: 0 }) >= 0)
    faults.fail('OPERAND_RANGE', '/value', `a percentile is above 0 and below 100, got ${value}`);
  else return value;
  return null;
}

/** ⌈p · n / 100⌉, exactly. */
export function placeOf(value: string, users: number): number {
  const { unscaled, scale } = exact(value);
  const [dividend, divisor] = [unscaled * BigInt(users), 100n * 10n ** BigInt(scale)];
  return Number((dividend + divisor - 1n) / divisor);
}

export const percentile = [
  wideOperator('population', {
    name: 'percentile',
    types: 'N D TS',
    takes: 'p, above 0 and below 100, at most 3 digits after the point; `compare` `>`, `>=`, `<` or `<=`',
    meaning: 'x compares with the ⌈p·n/100⌉-th smallest of the n values of the population',
    label: { en: 'against the percentile', zh: '百分位' },
    example: { field: 'total_asset_value', operator: 'percentile', compare: '>=', value: 90 },
    check(node, faults, context) {
      const { field, missing } = readRanked(node, 'percentile', ['compare'], faults, context);
      const compare = readCompare(node, 'percentile', ORDERS, faults);
      const value = readPercent(node, faults);
      if (field === null || value === null || compare === undefined) return null;
      return { kind: 'population', operator: 'percentile', field, value, compare, missing };
    },
    evaluate(leaf, user, world) {
      const own = world.value(user, leaf.field);
      const values = world.population(leaf.field);
      const bound = own === null ? undefined : values[placeOf(textOf(leaf), values.length) - 1];
      if (own === null || bound === undefined) return null;
      return orderHolds(compareValues(leaf.field.type as ScalarType, own, bound), leaf.compare as Comparison);
    },
  }),
];
