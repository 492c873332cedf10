/** Columns of texts that hold other values: each form must match whole, spaces at both ends are ignored. */
import type { ScalarType } from '../fields.ts';
import { textSql, typeSql } from './sql-literals.ts';
import { localToUtcSql } from './sql-zones.ts';

const trimmed = (raw: string): string => `trim(${raw}, ' ')`;

/** TRY_CAST of texts of exactly this form (RE2, whole text). */
const castOfForm = (text: string, form: string, type: string): string =>
  `TRY_CAST(CASE WHEN regexp_full_match(${text}, ${textSql(form)}) THEN ${text} END AS ${type})`;

/** At most `scale` digits after the point, zeros at the end not counted: TRY_CAST alone would round. */
const decimalForm = (scale: number): string => `[+-]?[0-9]+(\\.${scale === 0 ? '' : `[0-9]{1,${scale}}`}0${scale === 0 ? '+' : '*'})?`;

function doubleSql(text: string): string {
  const value = castOfForm(text, '[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?', 'DOUBLE');
  return `(CASE WHEN isfinite(${value}) THEN ${value} END)`;
}

/** lower() is safe here: no letter outside of ASCII becomes one of these words. */
const booleanSql = (text: string): string =>
  `(CASE WHEN lower(${text}) IN ('true', 't', 'yes', 'y', '1') THEN TRUE WHEN lower(${text}) IN ('false', 'f', 'no', 'n', '0') THEN FALSE END)`;

const dateSql = (text: string): string =>
  `(CASE WHEN ${text} >= '0001' THEN ${castOfForm(text, '[0-9]{4}-[0-9]{2}-[0-9]{2}', 'DATE')} END)`;

const TIME_FORM =
  '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-7]):[0-5][0-9]|[+-]18:00)?';

function timestampSql(text: string, zone: string): string {
  const clock = `TRY_CAST(replace(regexp_extract(${text}, '^[0-9-]{10}[T ][0-9:.]+'), 'T', ' ') AS TIMESTAMP)`;
  const suffix = `regexp_extract(${text}, '(Z|[+-][0-9]{2}:[0-9]{2})$')`;
  const seconds = `(CAST(substr(${suffix}, 2, 2) AS BIGINT) * 3600 + CAST(substr(${suffix}, 5, 2) AS BIGINT) * 60)`;
  const signed = `(CASE WHEN starts_with(${suffix}, '-') THEN -1 ELSE 1 END * ${seconds})`;
  return (
    `(CASE WHEN NOT regexp_full_match(${text}, ${textSql(TIME_FORM)}) OR ${text} < '0001' THEN NULL ` +
    `WHEN ${suffix} = 'Z' THEN ${clock} ` +
    `WHEN ${suffix} = '' THEN ${localToUtcSql(clock, zone)} ` +
    `ELSE make_timestamp(epoch_us(${clock}) - ${signed} * 1000000) END)`
  );
}

function scalarSql(type: ScalarType, text: string, zone: string): string {
  switch (type.kind) {
    case 'string':
      return text;
    case 'int64':
      return castOfForm(text, '[+-]?[0-9]+', 'BIGINT');
    case 'decimal':
      return castOfForm(text, decimalForm(type.scale), typeSql(type));
    case 'double':
      return doubleSql(text);
    case 'boolean':
      return booleanSql(text);
    case 'date':
      return dateSql(text);
    case 'timestamp':
      return timestampSql(text, zone);
  }
}

/** A text column read as a scalar. */
export const readTextSql = (type: ScalarType, raw: string, zone: string): string =>
  type.kind === 'string' ? raw : scalarSql(type, trimmed(raw), zone);

const STRING_FORM = '"(?:[^"\\\\]|\\\\.)*"';

/** Whether a text is a JSON array by the standard: DuckDB's reader also takes NaN, Infinity and a comma at the end. */
function isArraySql(text: string): string {
  const skeleton = `regexp_replace(${text}, ${textSql(STRING_FORM)}, '""', 'g')`;
  const lenient = `regexp_matches(${skeleton}, '(?i)nan|inf|,[ \\t\\r\\n]*[\\]}]')`;
  return `CASE WHEN json_valid(${text}) THEN json_type(${text}) = 'ARRAY' AND NOT ${lenient} ELSE FALSE END`;
}

/** The text with its numbers put into quotes, because DuckDB's JSON reader would make doubles of them. */
function quotedNumbersSql(text: string): string {
  const form = `((?:${STRING_FORM}|[^"0-9-])*)(-?[0-9][0-9.eE+-]*|$)`;
  const quoted = `regexp_replace(${text}, ${textSql(form)}, '\\1"\\2"', 'g')`;
  // The last match is that of the end, which adds an empty pair of quotes.
  return `left(${quoted}, length(${quoted}) - 2)`;
}

/** A text column that holds JSON arrays; elements that cannot be read are dropped. */
export function readTextArraySql(of: ScalarType, raw: string, zone: string): string {
  const text = trimmed(raw);
  const numeric = of.kind === 'int64' || of.kind === 'decimal';
  const items = `from_json(${numeric ? quotedNumbersSql(text) : text}, '["JSON"]')`;
  const element = `(e ->> '$')`;
  const value = of.kind === 'string' ? element : scalarSql(of, trimmed(element), zone);
  const values = `list_transform(${items}, lambda e: CASE WHEN json_type(e) = 'VARCHAR' THEN ${value} END)`;
  return `(CASE WHEN ${isArraySql(text)} THEN list_filter(${values}, lambda x: x IS NOT NULL) END)`;
}
