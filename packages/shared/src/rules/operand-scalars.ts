/** Readers of single operands, by the type of the field that they meet. */
import { type ScalarType, typeName } from '../fields.ts';
import { LIMITS } from '../limits.ts';
import { parseDay } from './calendar.ts';
import { compareDecimals, type Decimal, expandExponent, fitsInt64, formatDecimal, parseDecimal } from './decimals.ts';
import { formatClock, instantOf, parseTime } from './instants.ts';
import { type Json, JsonNumber, utf8Bytes } from './json.ts';
import type { OperandContext } from './operand.ts';
import { compareTexts } from './values.ts';

/** One operand, read. */
export interface Literal {
  /** Exact text of the normal form, canonical: equal values have equal texts. */
  readonly text: string | boolean;
  /** Forms that cannot be mixed in one leaf. */
  readonly form: 'plain' | 'day' | 'local' | 'instant';
  /** Order to another literal of the same reader and form. */
  order(other: Literal): number;
}

export type LiteralReader = (value: Json, context: OperandContext, where: string) => Literal | null;

const show = (value: Json): string => {
  if (value instanceof JsonNumber) return value.text;
  if (typeof value === 'string') return value.length > 40 ? `"${value.slice(0, 40)}..."` : `"${value}"`;
  if (value === null || typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
};

const SAFE_INTEGER = { unscaled: BigInt(Number.MAX_SAFE_INTEGER), scale: 0 };

/** Whether every JSON reader gives this number its exact value (operators.md 3). */
function isSafe(value: Decimal): boolean {
  const magnitude = { unscaled: value.unscaled < 0n ? -value.unscaled : value.unscaled, scale: value.scale };
  if (compareDecimals(magnitude, SAFE_INTEGER) > 0) return false;
  return value.scale === 0 || magnitude.unscaled.toString().length <= 15;
}

/** A number operand as an exact decimal, its faults told; null when it has any. */
export function readDecimal(value: Json, context: OperandContext, where: string): Decimal | null {
  if (value instanceof JsonNumber) {
    const text = expandExponent(value.text);
    const decimal = text === null ? null : parseDecimal(text);
    if (decimal !== null && isSafe(decimal)) return decimal;
    context.fail('NUMBER_UNSAFE', where, `readers of JSON change the number ${value.text}; write it as "${text ?? value.text}"`);
    return null;
  }
  if (value === null) {
    context.fail('OPERAND_NULL', where, 'NULL equals nothing; use `is_null`');
    return null;
  }
  const decimal = typeof value === 'string' && /^-?\d/.test(value) ? parseDecimal(value) : null;
  if (decimal === null) {
    context.fail('OPERAND_TYPE', where, `${show(value)} is not a number`);
    return null;
  }
  if (utf8Bytes(value as string) > LIMITS.ruleStringBytes) {
    context.fail('STRING_TOO_LONG', where, `the number has more than ${LIMITS.ruleStringBytes} digits`);
    return null;
  }
  return decimal;
}

interface NumberLiteral extends Literal {
  readonly value: Decimal;
}

export const numberLiteral = (value: Decimal, text = formatDecimal(value)): NumberLiteral => ({
  value,
  text,
  form: 'plain',
  order: (other) => compareDecimals(value, (other as NumberLiteral).value),
});

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): LiteralReader {
  return (value, context, where) => {
    const decimal = readDecimal(value, context, where);
    if (decimal === null) return null;
    const text = formatDecimal(decimal);
    if (decimal.scale > 0) {
      context.fail('OPERAND_SCALE', where, `\`${context.operator}\` takes a whole number, got ${text}`);
      return null;
    }
    if (decimal.unscaled < BigInt(min) || decimal.unscaled > BigInt(max)) {
      const upper = max === Number.MAX_SAFE_INTEGER ? `${min} or more is` : `${min} to ${max.toLocaleString('en-US')} are`;
      context.fail('OPERAND_RANGE', where, `got ${text}; ${upper} allowed`);
      return null;
    }
    return numberLiteral(decimal);
  };
}

function outOfField(context: OperandContext, type: ScalarType, where: string, text: string): null {
  context.fail('OPERAND_RANGE', where, `${text} is outside of what \`${context.fieldName}\` (${typeName(type)}) can hold`);
  return null;
}

function readNumber(type: ScalarType, value: Json, context: OperandContext, where: string): Literal | null {
  const decimal = readDecimal(value, context, where);
  if (decimal === null) return null;
  const text = formatDecimal(decimal);
  if (type.kind === 'double') {
    const double = Number(text);
    if (!Number.isFinite(double)) return outOfField(context, type, where, text);
    const literal: Literal = {
      text: String(double === 0 ? 0 : double),
      form: 'plain',
      order: (other) => Math.sign(double - Number(other.text)),
    };
    return literal;
  }
  const scale = type.kind === 'decimal' ? type.scale : 0;
  if (decimal.scale > scale) {
    const holds = scale === 0 ? 'whole numbers' : `${scale} digits after the point`;
    context.fail('OPERAND_SCALE', where, `\`${context.fieldName}\` holds ${holds}, got ${text}`);
    return null;
  }
  const wholeDigits = type.kind === 'decimal' ? type.precision - type.scale : 0;
  const limit = { unscaled: 10n ** BigInt(wholeDigits), scale: 0 };
  const magnitude = { unscaled: decimal.unscaled < 0n ? -decimal.unscaled : decimal.unscaled, scale: decimal.scale };
  const fits = type.kind === 'decimal' ? compareDecimals(magnitude, limit) < 0 : fitsInt64(decimal);
  return fits ? numberLiteral(decimal, text) : outOfField(context, type, where, text);
}

/** A text operand; `nonEmpty` where the empty text would match everybody. */
export function readText(nonEmpty: boolean): LiteralReader {
  return (value, context, where) => {
    if (value === null) {
      context.fail('OPERAND_NULL', where, 'NULL equals nothing; use `is_null`');
      return null;
    }
    if (typeof value !== 'string') {
      context.fail('OPERAND_TYPE', where, `\`${context.operator}\` needs text here, got ${show(value)}`);
      return null;
    }
    if (nonEmpty && value === '') {
      context.fail('STRING_EMPTY', where, `\`${context.operator}\` needs text; the empty text is in everything`);
      return null;
    }
    return checkText(value, (code, message) => context.fail(code, where, message))
      ? { text: value, form: 'plain', order: (other) => compareTexts(value, String(other.text)) }
      : null;
  };
}

/** Length and form of any text in a rule. */
export function checkText(value: string, fail: (code: 'STRING_TOO_LONG' | 'STRING_INVALID', message: string) => void): boolean {
  if (utf8Bytes(value) > LIMITS.ruleStringBytes) {
    fail('STRING_TOO_LONG', `the text has more than ${LIMITS.ruleStringBytes.toLocaleString('en-US')} bytes`);
    return false;
  }
  if (!value.isWellFormed()) {
    fail('STRING_INVALID', 'the text has half of a surrogate pair, which is no character');
    return false;
  }
  return true;
}

const trimFraction = (text: string): string => text.replace(/\.?0+$/, '');

/** Form and exact text of an operand of a timestamp field, or null when it is none of day, local time and instant. */
function timeLiteral(value: string): { readonly form: Literal['form']; readonly text: string | null } | null {
  if (parseDay(value) !== null) return { form: 'day', text: value };
  const time = parseTime(value);
  if (time === null) return null;
  const local = time.offsetSeconds === undefined;
  const clock = formatClock(local ? time.clockMicros : instantOf(time, 'UTC'));
  const text = clock === null ? null : `${trimFraction(clock)}${local ? '' : 'Z'}`;
  return { form: local ? 'local' : 'instant', text };
}

/** Order of two texts of one form; fractions of a second may have fewer digits. */
const orderOfTimes = (a: string, b: string): number => {
  const key = (text: string): string => text.replace('Z', '').padEnd(19, ' ').padEnd(20, '.').padEnd(26, '0');
  return Math.sign(key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
};

/** A day, and for a timestamp field where `instants` a local time or an instant. */
function readTime(type: ScalarType, instants: boolean): LiteralReader {
  return (value, context, where) => {
    if (value === null) {
      context.fail('OPERAND_NULL', where, 'NULL equals nothing; use `is_null`');
      return null;
    }
    const time = typeof value === 'string' ? timeLiteral(value) : null;
    if (time === null || (time.form !== 'day' && !instants)) {
      const wanted = instants ? 'a day (2026-11-22) or an instant (2026-11-22T08:00:00Z)' : 'a day of the form YYYY-MM-DD';
      context.fail('OPERAND_TYPE', where, `${show(value)} is not ${wanted}`);
      return null;
    }
    const text = time.text;
    if (text === null) return outOfField(context, type, where, show(value));
    return { text, form: time.form, order: (other) => orderOfTimes(text, String(other.text)) };
  };
}

/** A day, for date and timestamp fields alike. */
export const readDay: LiteralReader = readTime({ kind: 'date' }, false);
const readInstant: LiteralReader = readTime({ kind: 'timestamp' }, true);

function readBoolean(value: Json, context: OperandContext, where: string): Literal | null {
  if (typeof value === 'boolean') return { text: value, form: 'plain', order: (other) => Number(value) - Number(other.text) };
  if (value === null) context.fail('OPERAND_NULL', where, 'NULL equals nothing; use `is_null`');
  else context.fail('OPERAND_TYPE', where, `${show(value)} is neither true nor false`);
  return null;
}

/** Where the field is not known: only the faults that it has for every type. */
function readUntyped(value: Json, context: OperandContext, where: string): Literal | null {
  if (value instanceof JsonNumber || value === null) readDecimal(value, context, where);
  else if (typeof value === 'string') checkText(value, (code, message) => context.fail(code, where, message));
  else if (typeof value !== 'boolean') context.fail('OPERAND_TYPE', where, `one value is needed here, got ${show(value)}`);
  return null;
}

/** An operand of the field's own type. */
export const readTyped: LiteralReader = (value, context, where) => {
  const type = context.type;
  switch (type?.kind) {
    case undefined:
      return readUntyped(value, context, where);
    case 'string':
      return readText(false)(value, context, where);
    case 'boolean':
      return readBoolean(value, context, where);
    case 'date':
      return readDay(value, context, where);
    case 'timestamp':
      return readInstant(value, context, where);
    case 'int64':
    case 'decimal':
    case 'double':
      return readNumber(type!, value, context, where);
  }
};
