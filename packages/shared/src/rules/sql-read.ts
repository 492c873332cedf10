/** How a stored column becomes a value of its declared type in DuckDB (operators.md 2). What cannot is NULL. */
import type { CatalogField, FieldType, RunClock, ScalarType } from '../fields.ts';
import { typeSql } from './sql-literals.ts';
import { readTextArraySql, readTextSql } from './sql-read-text.ts';
import { localToUtcSql } from './sql-zones.ts';

const nothing = (type: FieldType): string => `CAST(NULL AS ${typeSql(type)})`;

/** DATE and TIMESTAMP hold years far outside of 1 to 9999, and infinity. */
const inCalendar = (value: string, type: 'DATE' | 'TIMESTAMP'): string =>
  type === 'DATE'
    ? `(CASE WHEN ${value} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN ${value} END)`
    : `(CASE WHEN ${value} BETWEEN TIMESTAMP '0001-01-01 00:00:00' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN ${value} END)`;

/** Each of their values is one of 64 bits. */
const NARROW_INTEGERS: ReadonlySet<string> = new Set(['TINYINT', 'SMALLINT', 'INTEGER', 'UTINYINT', 'USMALLINT', 'UINTEGER']);

/** A time of another unit or with a zone as TIMESTAMP of UTC; finer digits are cut. */
function timestampSql(storedType: string, raw: string): string {
  switch (storedType) {
    case 'TIMESTAMP':
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS':
      return storedType === 'TIMESTAMP' ? raw : `CAST(${raw} AS TIMESTAMP)`;
    case 'TIMESTAMP WITH TIME ZONE':
    case 'TIMESTAMPTZ':
      // Not a cast: that would depend on the zone of the session.
      return `make_timestamp(epoch_us(${raw}))`;
    case 'TIMESTAMP_NS':
      return `make_timestamp((epoch_ns(${raw}) - ((epoch_ns(${raw}) % 1000) + 1000) % 1000) // 1000)`;
    default:
      return `TRY_CAST(${raw} AS TIMESTAMP)`;
  }
}

function plainSql(type: ScalarType, storedType: string, raw: string): string {
  const declared = typeSql(type);
  switch (type.kind) {
    case 'string':
      return storedType === 'BLOB' ? `TRY(decode(${raw}))` : raw;
    case 'double': {
      const double = storedType === 'DOUBLE' ? raw : `CAST(${raw} AS DOUBLE)`;
      return `(CASE WHEN isnan(${double}) THEN NULL ELSE ${double} END)`;
    }
    case 'date':
      return inCalendar(raw, 'DATE');
    case 'timestamp':
      return inCalendar(timestampSql(storedType, raw), 'TIMESTAMP');
    case 'decimal':
      if (storedType === declared) return raw;
      return `(CASE WHEN TRY_CAST(${raw} AS ${declared}) = ${raw} THEN TRY_CAST(${raw} AS ${declared}) END)`;
    case 'int64':
      if (NARROW_INTEGERS.has(storedType)) return `CAST(${raw} AS ${declared})`;
      return storedType === declared ? raw : `TRY_CAST(${raw} AS ${declared})`;
    case 'boolean':
      return storedType === declared ? raw : `TRY_CAST(${raw} AS ${declared})`;
  }
}

/**
 * NULL elements stay in the list: every operator passes over them, and a filter
 * would cost 100 ns a row. Elements that are no value of the type become NULL.
 */
function plainArraySql(type: FieldType & { kind: 'array' }, storedType: string, raw: string): string {
  if (storedType === typeSql(type) && type.of.kind !== 'date') return raw;
  const element = storedType.endsWith('[]') ? storedType.slice(0, -2) : typeSql(type.of);
  return `list_transform(${raw}, lambda x: ${plainSql(type.of, element, 'x')})`;
}

/** Whole doubles only; 2^63 itself is out of range. */
const doubleToInt64 = (raw: string): string =>
  `(CASE WHEN isfinite(${raw}) AND ${raw} = trunc(${raw}) AND ${raw} >= CAST('-9223372036854775808' AS DOUBLE) AND ${raw} < CAST('9223372036854775808' AS DOUBLE) THEN CAST(${raw} AS BIGINT) END)`;

/**
 * By the shortest text that gives the double: a direct cast would make 1.005 to
 * 1.00. Texts with negative exponents are written out, because DuckDB reads
 * some of them as no decimal (`-5e-323`, or `3e-9` for DECIMAL(18,18)); and what
 * is too large is told apart before, because it reads `1e+17` as DECIMAL(20,8)
 * without a word.
 */
function doubleToDecimal(raw: string, type: ScalarType & { kind: 'decimal' }): string {
  const declared = typeSql(type);
  const text = `CAST(abs(${raw}) AS VARCHAR)`;
  const digits = `replace(split_part(${text}, 'e', 1), '.', '')`;
  const zeros = `repeat('0', CAST(split_part(${text}, 'e-', 2) AS INTEGER) - 1)`;
  const plain = `(CASE WHEN ${raw} < 0 THEN '-' ELSE '' END || '0.' || ${zeros} || ${digits})`;
  return (
    `TRY_CAST(CASE WHEN NOT isfinite(${raw}) OR abs(${raw}) >= CAST('1e${type.precision - type.scale}' AS DOUBLE) THEN NULL ` +
    `WHEN contains(${text}, 'e-') THEN ${plain} ` +
    `ELSE CAST(${raw} AS VARCHAR) END AS ${declared})`
  );
}

/**
 * A stored column as SQL of the declared type: VARCHAR, BIGINT, DECIMAL(p,s),
 * DOUBLE, BOOLEAN, DATE, TIMESTAMP (UTC, without zone) or lists of these.
 *
 * @param storedType DuckDB's name of the column's type, as DESCRIBE gives it
 * @param raw reference to the column
 */
export function readColumnSql(field: CatalogField, storedType: string, raw: string, clock: RunClock): string {
  const { type } = field;
  const zone = field.zone ?? clock.zone;
  switch (field.stored ?? 'plain') {
    case 'plain':
      return type.kind === 'array' ? plainArraySql(type, storedType, raw) : plainSql(type, storedType, raw);
    case 'text':
      return type.kind === 'array' ? readTextArraySql(type.of, raw, zone) : readTextSql(type, raw, zone);
    case 'double':
      if (type.kind === 'int64') return doubleToInt64(raw);
      if (type.kind === 'decimal') return doubleToDecimal(raw, type);
      return type.kind === 'double' ? plainSql(type, storedType, raw) : nothing(type);
    case 'int64':
      return type.kind === 'int64' || type.kind === 'decimal' ? `TRY_CAST(${raw} AS ${typeSql(type)})` : nothing(type);
    case 'local': {
      if (type.kind !== 'timestamp') return nothing(type);
      const local = inCalendar(timestampSql(storedType, raw), 'TIMESTAMP');
      return localToUtcSql(local, zone);
    }
  }
}

/**
 * A stored column as it lies there, where all that is left to do is to find
 * values that are none: dates and times outside of the calendar, which are cast
 * errors, and NaN. Null where `readColumnSql` does more than that.
 */
export function uncheckedColumnSql({ type, stored }: CatalogField, storedType: string, raw: string): string | null {
  if (stored !== undefined) return null;
  if (type.kind === 'date') return storedType === 'DATE' ? raw : null;
  if (type.kind === 'double') return storedType === 'DOUBLE' ? raw : null;
  // Both are microseconds of UTC.
  return type.kind === 'timestamp' && (storedType === 'TIMESTAMP' || storedType === 'TIMESTAMP WITH TIME ZONE') ? raw : null;
}

/**
 * Whether a stored value could not be read as the declared type (counted as a
 * cast error): a BOOLEAN expression that is never NULL, or null for a column
 * where that cannot happen. NaN is missing, but no error.
 */
export function castErrorSql(field: CatalogField, storedType: string, raw: string, clock: RunClock): string | null {
  const { type, stored } = field;
  const same = storedType === typeSql(type) || (type.kind === 'int64' && NARROW_INTEGERS.has(storedType));
  const safe = type.kind === 'string' || type.kind === 'int64' || type.kind === 'decimal' || type.kind === 'boolean';
  if (stored === undefined && (type.kind === 'array' || type.kind === 'double' || (safe && same))) return null;
  const notNan = stored === 'double' ? ` AND NOT isnan(${raw})` : '';
  return `(${raw} IS NOT NULL${notNan} AND (${readColumnSql(field, storedType, raw, clock)}) IS NULL)`;
}
