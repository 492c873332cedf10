/** Operands of checked rules: exact texts of the normal form, and the values that they mean. */
import type { RunClock, ScalarType } from '../fields.ts';
import { parseDay } from './calendar.ts';
import { dayOfInstant } from './clock.ts';
import { parseDecimal } from './decimals.ts';
import { instantOf, parseTime } from './instants.ts';
import { compareValues, type Value } from './values.ts';

const unreadable = (type: ScalarType, text: string): never => {
  throw new Error(`"${text}" is no operand of type ${type.kind}; only checked rules can be evaluated`);
};

/** The instant of an operand text, microseconds; a local time is one of the run's zone. */
export function instantLiteral(text: string, clock: RunClock): bigint {
  const time = parseTime(text) ?? unreadable({ kind: 'timestamp' }, text);
  return instantOf(time, clock.zone);
}

export const dayLiteral = (text: string): number => parseDay(text) ?? unreadable({ kind: 'date' }, text);

/** Whether a timestamp's operand is a day, whose date is compared, and not an instant. */
export const isDayText = (text: string): boolean => text.length === 10;

export function literalValue(type: ScalarType, literal: string | boolean, clock: RunClock): Value {
  if (typeof literal === 'boolean') return literal;
  switch (type.kind) {
    case 'string':
      return literal;
    case 'int64':
    case 'decimal':
      return parseDecimal(literal) ?? unreadable(type, literal);
    case 'double':
      return Number(literal);
    case 'date':
      return dayLiteral(literal);
    case 'timestamp':
      return instantLiteral(literal, clock);
    case 'boolean':
      return unreadable(type, literal);
  }
}

/** Order of a value against an operand: -1, 0 or 1. A timestamp meets a day by its date in the run's zone. */
export function orderToLiteral(type: ScalarType, value: Value, literal: string | boolean, clock: RunClock): number {
  if (type.kind === 'timestamp' && typeof literal === 'string' && isDayText(literal)) {
    return Math.sign(dayOfInstant(clock.zone, value as bigint) - dayLiteral(literal));
  }
  return compareValues(type, value, literalValue(type, literal, clock));
}
