import { dayLiteral, isDayText, orderToLiteral } from '../literals.ts';
import { pair } from '../operand.ts';
import { DATES, negation, NUMBERS, type Operator, operandType, pairOf } from '../operator.ts';
import { literalSql, windowSql } from '../sql-literals.ts';

/** A range of instants is half-open, so that neighbouring ranges share none; all others hold both ends. */
const isHalfOpen = (kind: string, low: string): boolean => kind === 'timestamp' && !isDayText(low);

const inRange: Operator = {
  name: 'in_range',
  aliases: ['between'],
  group: 'range',
  types: [...NUMBERS, ...DATES],
  operand: pair('[low, high]'),
  keys: ['missing'],
  meaning: 'low ≤ x ≤ high; between two instants low ≤ x < high',
  label: { en: 'is between', zh: '介于' },
  example: { field: 'age', operator: 'in_range', value: [18, 30] },
  evaluate(value, leaf, clock) {
    const [low, high] = pairOf(leaf);
    const type = operandType(leaf.field.type);
    const fromHigh = orderToLiteral(type, value, high, clock);
    return orderToLiteral(type, value, low, clock) >= 0 && (isHalfOpen(type.kind, low) ? fromHigh < 0 : fromHigh <= 0);
  },
  sql(column, leaf, clock) {
    const [low, high] = pairOf(leaf);
    const type = operandType(leaf.field.type);
    if (type.kind === 'timestamp' && isDayText(low)) {
      return windowSql(column, type, { from: dayLiteral(low), to: dayLiteral(high) }, clock);
    }
    const upper = isHalfOpen(type.kind, low) ? '<' : '<=';
    return `(${column} >= ${literalSql(type, low, clock)} AND ${column} ${upper} ${literalSql(type, high, clock)})`;
  },
};

export const inRangeOperators: readonly Operator[] = [
  inRange,
  negation(inRange, {
    name: 'not_in_range',
    aliases: [],
    meaning: 'x lies outside of the range; a missing x stays UNKNOWN',
    label: { en: 'is not between', zh: '不介于' },
    example: { field: 'age', operator: 'not_in_range', value: [18, 30], missing: 'no_match' },
  }),
];
