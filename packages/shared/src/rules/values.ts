/**
 * Values of the reference evaluator, and how a stored cell becomes one
 * (operators.md 2). Nothing is rounded unless that page says so; what the
 * declared type cannot take exactly is missing (null).
 */
import type { CatalogField, FieldType, RunClock, ScalarType } from '../fields.ts';
import { parseDay } from './calendar.ts';
import { type Decimal, decimalOfDouble, fitsDecimal, fitsInt64, parseDecimal, roundDecimal, compareDecimals } from './decimals.ts';
import { instantOf, parseTime } from './instants.ts';
import { isList, type Json, JsonNumber, JsonProblem, parseJson } from './json.ts';

/**
 * A cell as the corpus writes it: int64 and decimal as text, double as number
 * or `NaN`, `Infinity`, `-Infinity`, `-0`, date and timestamp as text, arrays
 * as lists. An absent column is undefined.
 */
export type Cell = string | number | boolean | null | undefined | readonly Cell[];

/** int64 and decimal: Decimal; double: number; date: day number; timestamp: microseconds. */
export type Value = string | boolean | number | bigint | Decimal | readonly Value[];

function trimSpaces(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text[start] === ' ') start += 1;
  while (end > start && text[end - 1] === ' ') end -= 1;
  return text.slice(start, end);
}

function readDouble(cell: Cell): number | null {
  const value = typeof cell === 'number' ? cell : typeof cell === 'string' ? Number(cell) : Number.NaN;
  return Number.isNaN(value) ? null : value;
}

const DOUBLE_TEXT = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const TRUE_TEXTS = ['true', 't', 'yes', 'y', '1'];
const FALSE_TEXTS = ['false', 'f', 'no', 'n', '0'];

const asciiLower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** A text read as a scalar of that type. `zone` is that of times without offset. */
export function readScalarText(type: ScalarType, text: string, zone: string): Value | null {
  if (type.kind === 'string') return text;
  const trimmed = trimSpaces(text);
  switch (type.kind) {
    case 'int64': {
      const value = /^[+-]?\d+$/.test(trimmed) ? parseDecimal(trimmed) : null;
      return value !== null && fitsInt64(value) ? value : null;
    }
    case 'decimal': {
      const value = parseDecimal(trimmed);
      return value !== null && fitsDecimal(value, type.precision, type.scale) ? value : null;
    }
    case 'double': {
      const value = DOUBLE_TEXT.test(trimmed) ? Number(trimmed) : Number.NaN;
      return Number.isFinite(value) ? value : null;
    }
    case 'boolean': {
      const word = asciiLower(trimmed);
      return TRUE_TEXTS.includes(word) ? true : FALSE_TEXTS.includes(word) ? false : null;
    }
    case 'date':
      return parseDay(trimmed);
    case 'timestamp': {
      const time = parseTime(trimmed);
      return time === null ? null : instantOf(time, zone);
    }
  }
}

function readDoubleAs(type: FieldType, value: number): Value | null {
  if (!Number.isFinite(value)) return null;
  if (type.kind === 'int64') {
    const exact = Number.isInteger(value) ? { unscaled: BigInt(value), scale: 0 } : null;
    return exact !== null && fitsInt64(exact) ? exact : null;
  }
  if (type.kind !== 'decimal') return null;
  const rounded = roundDecimal(decimalOfDouble(value), type.scale);
  return fitsDecimal(rounded, type.precision, type.scale) ? rounded : null;
}

function parseArray(text: string): readonly Json[] | null {
  try {
    const value = parseJson(text, 'last');
    const broken = isList(value) && value.some((item) => typeof item === 'string' && !item.isWellFormed());
    return isList(value) && !broken ? value : null;
  } catch (error) {
    if (error instanceof JsonProblem) return null;
    throw error;
  }
}

/** A text that holds a JSON array; elements that cannot be read are dropped. */
function readArrayText(of: ScalarType, text: string, zone: string): Value | null {
  const items = parseArray(trimSpaces(text));
  if (items === null) return null;
  const numeric = of.kind === 'int64' || of.kind === 'decimal';
  return items.flatMap((item) => {
    const source = typeof item === 'string' ? item : numeric && item instanceof JsonNumber ? item.text : null;
    const value = source === null ? null : readScalarText(of, source, zone);
    return value === null ? [] : [value];
  });
}

/** A column stored as its declared type. */
function readPlain(type: FieldType, cell: Cell, zone: string): Value | null {
  if (type.kind === 'array') {
    if (!Array.isArray(cell)) return null;
    return (cell as readonly Cell[]).flatMap((item) => {
      const value = item === null || item === undefined ? null : readPlain(type.of, item, zone);
      return value === null ? [] : [value];
    });
  }
  if (type.kind === 'boolean') return typeof cell === 'boolean' ? cell : null;
  if (type.kind === 'double') return readDouble(cell);
  return typeof cell === 'string' ? readScalarText(type, cell, zone) : null;
}

/**
 * The value of a cell as the field's declared type, or null when it is missing.
 *
 * @param field says type, stored form and zone
 */
export function readCell(field: CatalogField, cell: Cell, clock: RunClock): Value | null {
  if (cell === null || cell === undefined) return null;
  const zone = field.zone ?? clock.zone;
  const type = field.type;
  switch (field.stored ?? 'plain') {
    case 'text':
      if (typeof cell !== 'string') return null;
      return type.kind === 'array' ? readArrayText(type.of, cell, zone) : readScalarText(type, cell, zone);
    case 'double': {
      const value = readDouble(cell);
      return value === null ? null : type.kind === 'double' ? value : readDoubleAs(type, value);
    }
    case 'int64':
      return typeof cell === 'string' && (type.kind === 'int64' || type.kind === 'decimal') ? readScalarText(type, cell, zone) : null;
    case 'local':
    case 'plain':
      return readPlain(type, cell, zone);
  }
}

const encoder = new TextEncoder();

/** Order of UTF-8 bytes, which is the order of code points and not that of UTF-16 units. */
export function compareTexts(a: string, b: string): number {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1;
  }
  return Math.sign(left.length - right.length);
}

/** Order of two values of one scalar type: -1, 0 or 1. */
export function compareValues(type: ScalarType, a: Value, b: Value): number {
  switch (type.kind) {
    case 'string':
      return compareTexts(a as string, b as string);
    case 'int64':
    case 'decimal':
      return compareDecimals(a as Decimal, b as Decimal);
    case 'boolean':
      return Number(a) - Number(b);
    case 'double':
    case 'date':
    case 'timestamp': {
      const [x, y] = [a as number | bigint, b as number | bigint];
      return x < y ? -1 : x > y ? 1 : 0;
    }
  }
}

/** Capitals that Unicode 16 and 17 brought: DuckDB's tables are older, and every engine must fold alike. */
const YOUNG_CAPITALS = /[\u1c89\ua7cb\ua7cc\ua7ce\ua7d2\ua7d4\ua7da\ua7dc\u{10d50}-\u{10d65}\u{16ea0}-\u{16eb8}]/u;

/** Unicode's simple lower-case mapping, code point by code point: only U+0130 has a longer full mapping. */
export const foldCase = (text: string): string =>
  Array.from(text, (point) => (point === '\u0130' ? 'i' : YOUNG_CAPITALS.test(point) ? point : point.toLowerCase())).join('');

export type Comparison = '=' | '!=' | '>' | '>=' | '<' | '<=';

/** Whether an order (-1, 0, 1) satisfies a comparison. */
export function orderHolds(order: number, comparison: Comparison): boolean {
  switch (comparison) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
  }
}
