/** Numbers and times: leaves as spans between sorted cut points. */
import type { CatalogField } from '@tagmill/shared/fields';
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import { DAY_MAX, DAY_MIN } from '@tagmill/shared/rules/calendar';
import { identifier } from '../duckdb.ts';
import { type Bounds, boundsOf, makeCuts, MOST_CUTS } from './cuts.ts';
import { type FieldIndex, indexedLeaf, type ValueForm } from './field-index.ts';
import { isOrdered, type Key, type Span } from './spans.ts';

export interface SpanLeaf {
  readonly node: NormalLeaf;
  readonly spans: readonly Span[];
}

const INT64 = { lowest: -(2n ** 63n), highest: 2n ** 63n - 1n };
/** Most digits of a decimal that lies in 64 bits. */
const DIGITS = 18;
const UNITS = 10n ** BigInt(DIGITS) - 1n;

/** An index of a field over the leaves, or null where its cut points do not fit: then SQL must answer. */
export function orderedField(field: CatalogField, leaves: readonly SpanLeaf[]): FieldIndex | null {
  const narrow = field.type.kind !== 'decimal' || field.type.precision <= DIGITS;
  const within = narrow ? leaves.map(({ node, spans }) => ({ node, spans: spans.flatMap(withinInt64) })) : leaves;
  const keys = keysOf(within);
  const read = readingOf(field, keys);
  if (read === null || keys.length > MOST_CUTS) return null;
  const place = new Map(keys.map((key, at) => [key, at + 1]));
  const missing = keys.length + 1;
  return {
    ...read,
    cuts: makeCuts(keys),
    missing,
    leaves: within.map(({ node, spans }) => indexedLeaf(node, holdsOf(spans, place, missing), missing)),
  };
}

/** A span of whole numbers without the ends that no value of 64 bits reaches; none when it holds no such value. */
function withinInt64(span: Span): Span[] {
  const { from, to } = span;
  if (typeof from === 'number' || typeof to === 'number') return [span];
  if (from !== undefined && from > INT64.highest) return [];
  if (to !== undefined && to <= INT64.lowest) return [];
  return [{ ...(from === undefined || from <= INT64.lowest ? {} : { from }), ...(to === undefined || to > INT64.highest ? {} : { to }) }];
}

function keysOf(leaves: readonly SpanLeaf[]): Key[] {
  const keys = new Set<Key>();
  for (const { from, to } of leaves.flatMap(({ spans }) => spans)) {
    if (from !== undefined) keys.add(from);
    if (to !== undefined) keys.add(to);
  }
  return [...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** 1 for the intervals of the spans: interval i holds what lies behind i cut points. */
function holdsOf(spans: readonly Span[], place: ReadonlyMap<Key, number>, missing: number): Uint8Array {
  const holds = new Uint8Array(missing + 1);
  for (const { from, to } of spans) holds.fill(1, from === undefined ? 0 : place.get(from)!, to === undefined ? missing : place.get(to)!);
  return holds;
}

interface Reading {
  readonly sql: string;
  readonly form: ValueForm;
  readonly field?: string;
  readonly bounds?: Bounds;
}

const [FIRST_DAY, LAST_DAY] = [BigInt(DAY_MIN), BigInt(DAY_MAX)];
const DAY_MICROS = 86_400_000_000n;
const DAYS = boundsOf(FIRST_DAY, LAST_DAY);
const INSTANTS = boundsOf(FIRST_DAY * DAY_MICROS, (LAST_DAY + 1n) * DAY_MICROS - 1n);

function readingOf(field: CatalogField, keys: readonly Key[]): Reading | null {
  const { type } = field;
  const sql = `${identifier(field.table)}.${identifier(field.name)}`;
  if (!isOrdered(type)) return null;
  switch (type.kind) {
    case 'int64':
      return { sql, form: 'int64' };
    case 'timestamp':
      // What is read from local time may lie a few hours outside: only values that are stored so have bounds.
      return { sql, form: 'int64', ...(field.stored === undefined ? { field: field.name, bounds: INSTANTS } : {}) };
    case 'date':
      return { sql, form: 'int32', ...(field.stored === undefined ? { field: field.name, bounds: DAYS } : {}) };
    case 'double':
      return { sql, form: 'double', field: field.name };
    case 'decimal':
      return readDecimal(sql, type.precision, type.scale, keys);
  }
}

/** Decimals as the whole numbers that they lie as; wide ones are cut off behind the last points, where nothing is asked any more. */
function readDecimal(sql: string, precision: number, scale: number, keys: readonly Key[]): { sql: string; form: ValueForm } | null {
  if (precision <= 4) return { sql: `CAST(${sql} AS DECIMAL(9,${scale}))`, form: 'int32' };
  if (precision <= 9) return { sql, form: 'int32' };
  if (precision <= DIGITS) return { sql, form: 'int64' };
  const fits = scale <= DIGITS && keys.every((key) => key > -UNITS && key <= UNITS);
  if (!fits) return null;
  const end = (sign: string): string => `${sign}${'9'.repeat(DIGITS - scale) || '0'}${scale === 0 ? '' : `.${'9'.repeat(scale)}`}`;
  const [high, low] = [`'${end('')}'`, `'${end('-')}'`];
  const wide = (text: string): string => `CAST(${text} AS DECIMAL(${precision},${scale}))`;
  const narrow = (text: string): string => `CAST(${text} AS DECIMAL(${DIGITS},${scale}))`;
  return {
    sql: `(CASE WHEN ${sql} >= ${wide(high)} THEN ${narrow(high)} WHEN ${sql} <= ${wide(low)} THEN ${narrow(low)} ELSE TRY_${narrow(sql)} END)`,
    form: 'int64',
  };
}
