/** Literals and type names of DuckDB: exact, typed, escaped; nothing is left to an implicit cast. */
import type { FieldType, RunClock, ScalarType } from '../fields.ts';
import { DAY_MAX, DAY_MIN, formatDay } from './calendar.ts';
import type { DayWindow } from './dates.ts';
import { formatClock, SECOND_MICROS } from './instants.ts';
import { dayLiteral, instantLiteral, isDayText } from './literals.ts';
import type { Comparison } from './values.ts';
import { instantsOfDays, type Interval } from './zones.ts';

/** The type that a column of this declared type has in SQL; timestamps are UTC without zone. */
export function typeSql(type: FieldType): string {
  switch (type.kind) {
    case 'string':
      return 'VARCHAR';
    case 'int64':
      return 'BIGINT';
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'double':
      return 'DOUBLE';
    case 'boolean':
      return 'BOOLEAN';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return 'TIMESTAMP';
    case 'array':
      return `${typeSql(type.of)}[]`;
  }
}

/** A text literal. NUL cannot stand in the text of a statement. */
export function textSql(text: string): string {
  const quoted = text.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`);
  return quoted.length === 1 ? quoted[0]! : `(${quoted.join(' || chr(0) || ')})`;
}

export const nameSql = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A DATE literal; a day outside of the calendar (today - 36,500 in the year 50) counts from 1970. */
const daySql = (day: number): string => (day < DAY_MIN || day > DAY_MAX ? `(DATE '1970-01-01' + (${day}))` : `DATE '${formatDay(day)}'`);

/** A TIMESTAMP literal of an instant, microseconds. */
export function instantSql(micros: bigint): string {
  const clock = formatClock(micros, ' ');
  return clock === null ? `make_timestamp(CAST('${micros}' AS BIGINT))` : `TIMESTAMP '${clock.replace(/\.0+$/, '')}'`;
}

/** A literal of the field's type; a day that meets a timestamp is not one of them. */
export function literalSql(type: ScalarType, literal: string | boolean, clock: RunClock): string {
  if (typeof literal === 'boolean') return literal ? 'TRUE' : 'FALSE';
  switch (type.kind) {
    case 'string':
      return textSql(literal);
    case 'date':
      return daySql(dayLiteral(literal));
    case 'timestamp':
      return instantSql(instantLiteral(literal, clock));
    default:
      return `CAST(${textSql(literal)} AS ${typeSql(type)})`;
  }
}

function intervalSql(column: string, interval: Interval): string {
  const bound = (second: number): string => instantSql(BigInt(second) * SECOND_MICROS);
  const parts = [
    ...(interval.start === undefined ? [] : [`${column} >= ${bound(interval.start)}`]),
    ...(interval.end === undefined ? [] : [`${column} < ${bound(interval.end)}`]),
  ];
  // No window of any operator is open at both ends: that would be TRUE for everybody.
  if (parts.length === 0) throw new Error('a window of days must have an end');
  return `(${parts.join(' AND ')})`;
}

/** FALSE for every value that is there, NULL for a missing one. */
const nowhereSql = (column: string): string => `(CASE WHEN ${column} IS NOT NULL THEN FALSE END)`;

/** Whether the date of a DATE or TIMESTAMP column lies in a window; for timestamps as a condition on instants, which costs no conversion. */
export function windowSql(column: string, type: FieldType, window: DayWindow, clock: RunClock): string {
  const { from, to } = window;
  if (from === undefined && to === undefined) throw new Error('a window of days must have an end');
  if (type.kind === 'timestamp') {
    const intervals = instantsOfDays(clock.zone, from, to).map((interval) => intervalSql(column, interval));
    if (intervals.length === 0) return nowhereSql(column);
    return intervals.length === 1 ? intervals[0]! : `(${intervals.join(' OR ')})`;
  }
  if (from !== undefined && from === to) return `(${column} = ${daySql(from)})`;
  const parts = [
    ...(from === undefined ? [] : [`${column} >= ${daySql(from)}`]),
    ...(to === undefined ? [] : [`${column} <= ${daySql(to)}`]),
  ];
  return `(${parts.join(' AND ')})`;
}

function dayWindowOf(comparison: Exclude<Comparison, '!='>, day: number): DayWindow {
  switch (comparison) {
    case '=':
      return { from: day, to: day };
    case '>':
      return { from: day + 1 };
    case '>=':
      return { from: day };
    case '<':
      return { to: day - 1 };
    case '<=':
      return { to: day };
  }
}

/** A column compared with an operand of its type, or a timestamp's date with a day. */
export function comparisonSql(
  column: string,
  type: ScalarType,
  comparison: Exclude<Comparison, '!='>,
  literal: string | boolean,
  clock: RunClock,
): string {
  if (type.kind === 'timestamp' && typeof literal === 'string' && isDayText(literal)) {
    return windowSql(column, type, dayWindowOf(comparison, dayLiteral(literal)), clock);
  }
  return `(${column} ${comparison} ${literalSql(type, literal, clock)})`;
}
