/**
 * Conditions on an ordered value as spans of it: where the positive form of a
 * leaf holds. Numbers and times are exact whole numbers here (units of the last
 * digit, days, microseconds), doubles are themselves.
 */
import type { RunClock, ScalarType } from '@tagmill/shared/fields';
import { parseDecimal } from '@tagmill/shared/rules/decimals';
import { SECOND_MICROS } from '@tagmill/shared/rules/instants';
import { dayLiteral, instantLiteral, isDayText } from '@tagmill/shared/rules/literals';
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import { listOf, oneOf, type Operator, pairOf } from '@tagmill/shared/rules/operator';
import { operatorOf } from '@tagmill/shared/rules/operators/registry';
import { instantsOfDays } from '@tagmill/shared/rules/zones';

/** A value on the line: a whole number, or a double where the field is one. */
export type Key = bigint | number;

/** from ≤ x < to; an absent end is open. */
export interface Span {
  readonly from?: Key;
  readonly to?: Key;
}

type OrderedType = Exclude<ScalarType, { readonly kind: 'string' } | { readonly kind: 'boolean' }>;

/** The operator that a leaf's own is the NOT of, or its own. */
export function positiveOf(leaf: NormalLeaf): Operator {
  const operator = operatorOf(leaf.operator);
  return operator.negates === undefined ? operator : operatorOf(operator.negates);
}

export const isOrdered = (type: NormalLeaf['field']['type']): type is OrderedType =>
  type.kind !== 'string' && type.kind !== 'boolean' && type.kind !== 'array';

/** Where the positive form of a leaf holds; null where that is no set of spans and another engine must answer. */
export function spansOf(leaf: NormalLeaf, clock: RunClock): readonly Span[] | null {
  const { type } = leaf.field;
  if (!isOrdered(type) || leaf.other !== undefined) return null;
  const operator = positiveOf(leaf);
  if (operator.dayWindow !== undefined) {
    const { from, to } = operator.dayWindow(leaf, dayLiteral(clock.today));
    return daySpans(type, from, to, clock);
  }
  switch (operator.name) {
    case 'is_null':
      return [];
    case '=':
    case '>':
    case '>=':
    case '<':
    case '<=':
      return comparisonSpans(type, operator.name, String(oneOf(leaf)), clock);
    case 'in':
      return listOf(leaf).flatMap((item) => comparisonSpans(type, '=', item, clock));
    case 'in_list':
      // A long list is no part of the rule.
      return leaf.items === undefined ? null : leaf.items.flatMap((item) => comparisonSpans(type, '=', item, clock));
    case 'in_range':
      return rangeSpans(type, ...pairOf(leaf), clock);
    default:
      return null;
  }
}

function comparisonSpans(type: OrderedType, comparison: '=' | '>' | '>=' | '<' | '<=', literal: string, clock: RunClock): Span[] {
  if (type.kind === 'timestamp' && isDayText(literal)) {
    const day = dayLiteral(literal);
    const from = comparison === '=' || comparison === '>=' ? day : comparison === '>' ? day + 1 : undefined;
    const to = comparison === '=' || comparison === '<=' ? day : comparison === '<' ? day - 1 : undefined;
    return daySpans(type, from, to, clock);
  }
  const key = keyOf(type, literal, clock);
  switch (comparison) {
    case '=':
      return [{ from: key, to: next(key) }];
    case '>':
      return [{ from: next(key) }];
    case '>=':
      return [{ from: key }];
    case '<':
      return [{ to: key }];
    case '<=':
      return [{ to: next(key) }];
  }
}

/** Between two instants the upper end is out; all other ranges hold both ends. */
function rangeSpans(type: OrderedType, low: string, high: string, clock: RunClock): Span[] {
  if (type.kind !== 'timestamp') return [{ from: keyOf(type, low, clock), to: next(keyOf(type, high, clock)) }];
  if (isDayText(low)) return daySpans(type, dayLiteral(low), dayLiteral(high), clock);
  return [{ from: keyOf(type, low, clock), to: keyOf(type, high, clock) }];
}

/** Days `from` to `to`, both in; of a timestamp the instants whose date in the run's zone they are. */
function daySpans(type: OrderedType, from: number | undefined, to: number | undefined, clock: RunClock): Span[] {
  // No window of any operator is open at both ends: that would be TRUE for everybody.
  if (from === undefined && to === undefined) throw new Error('a window of days must have an end');
  if (type.kind !== 'timestamp') {
    return [{ ...(from === undefined ? {} : { from: BigInt(from) }), ...(to === undefined ? {} : { to: BigInt(to) + 1n }) }];
  }
  return instantsOfDays(clock.zone, from, to).map(({ start, end }) => ({
    ...(start === undefined ? {} : { from: BigInt(start) * SECOND_MICROS }),
    ...(end === undefined ? {} : { to: BigInt(end) * SECOND_MICROS }),
  }));
}

function keyOf(type: OrderedType, literal: string, clock: RunClock): Key {
  switch (type.kind) {
    case 'int64':
      return unitsOf(literal, 0);
    case 'decimal':
      return unitsOf(literal, type.scale);
    case 'double':
      // -0 is 0.
      return Number(literal) + 0;
    case 'date':
      return BigInt(dayLiteral(literal));
    case 'timestamp':
      return instantLiteral(literal, clock);
  }
}

function unitsOf(literal: string, scale: number): bigint {
  const value = parseDecimal(literal);
  if (value === null || value.scale > scale)
    throw new Error(`"${literal}" is no operand of its field; only checked rules can be evaluated`);
  return value.unscaled * 10n ** BigInt(scale - value.scale);
}

/** The value right after one. */
export const next = (key: Key): Key => (typeof key === 'bigint' ? key + 1n : nextDouble(key));

const bits = new BigInt64Array(1);
const double = new Float64Array(bits.buffer);

function nextDouble(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  if (value === Number.POSITIVE_INFINITY) return value;
  double[0] = value;
  bits[0]! += value > 0 ? 1n : -1n;
  return double[0];
}
