/**
 * Time zone arithmetic for DuckDB by literals: no zone data of the database's
 * own is asked. The offsets lie in constant lists with one entry a year: what
 * holds at its start, then for each change in it when that comes, counted from
 * the start of the year, and by how much. A tree of CASEs over all changes was
 * ten times slower to plan.
 */
import { civilOf, dayOf } from './calendar.ts';
import { SECOND_MICROS } from './instants.ts';
import { DAY_SECONDS, type Segment, type ZoneTable, zoneTable } from './zones.ts';

/** Whose time the input tells. */
type Clock = 'utc' | 'local';

interface Step {
  /** Second on the input's clock. */
  readonly from: number;
  readonly offset: number;
}

/**
 * Where the offset changes, on the clock of the input. For a local input a
 * skipped time still has the offset before the change, and a repeated one too:
 * the change counts from the later of the two readings of the clock.
 */
function stepsOf(segments: readonly Segment[], clock: Clock): Step[] {
  return segments.map((segment, index) => {
    const previous = segments[index - 1]?.offset ?? segment.offset;
    return { from: segment.start + (clock === 'local' ? Math.max(previous, segment.offset) : 0), offset: segment.offset };
  });
}

const yearOf = (second: number): number => civilOf(Math.floor(second / DAY_SECONDS)).year;
const startOf = (year: number): number => dayOf(year, 1, 1) * DAY_SECONDS;

interface YearTable {
  readonly firstYear: number;
  /** Offset at the start of each year, seconds. */
  readonly atStart: readonly number[];
  /** For the first, second, ... change of a year: seconds from its start, and by how much. */
  readonly changes: readonly { readonly at: readonly number[]; readonly by: readonly number[] }[];
}

/** One entry for each year from the one before the first change to `lastYear`. */
function yearTable(steps: readonly Step[], lastYear: number): YearTable {
  const firstChange = steps[1];
  const firstYear = Math.min(firstChange === undefined ? lastYear : yearOf(firstChange.from) - 1, lastYear);
  const atStart: number[] = [];
  const perYear: { at: number; by: number }[][] = [];
  let [next, offset] = [1, steps[0]!.offset];
  for (let year = firstYear; year <= lastYear; year += 1) {
    atStart.push(offset);
    const changes: { at: number; by: number }[] = [];
    for (let step = steps[next]; step !== undefined && step.from < startOf(year + 1); step = steps[next]) {
      changes.push({ at: step.from - startOf(year), by: step.offset - offset });
      offset = step.offset;
      next += 1;
    }
    perYear.push(changes);
  }
  const most = Math.max(...perYear.map((changes) => changes.length));
  const changes = Array.from({ length: most }, (_, rank) => ({
    at: perYear.map((year) => year[rank]?.at ?? 0),
    by: perYear.map((year) => year[rank]?.by ?? 0),
  }));
  return { firstYear, atStart, changes };
}

const bigint = (value: bigint): string => `CAST('${value}' AS BIGINT)`;

const listSql = (seconds: readonly number[]): string =>
  `CAST([${seconds.map((second) => BigInt(second) * SECOND_MICROS).join(', ')}] AS BIGINT[])`;

const REPEAT_YEARS = 400;

/** Position of a year in the lists, from 1. */
function positionSql(expression: string, table: YearTable, repeatYear: number | null): string {
  const year = `year(${expression})`;
  const position = `(${year} - ${table.firstYear - 1})`;
  const last = table.atStart.length;
  if (repeatYear === null) return `least(greatest(${position}, 1), ${last})`;
  const folded = `(${repeatYear - table.firstYear + 1} + (${year} - ${repeatYear}) % ${REPEAT_YEARS})`;
  return `(CASE WHEN ${year} < ${repeatYear} THEN greatest(${position}, 1) ELSE ${folded} END)`;
}

const tables = new Map<string, string>();

function offsetSql(expression: string, zone: string, clock: Clock, lastYear: number): string {
  const key = JSON.stringify([expression, zone, clock, lastYear]);
  let sql = tables.get(key);
  if (sql === undefined) {
    sql = buildOffsetSql(expression, zoneTable(zone), clock, lastYear);
    if (tables.size > 100) tables.clear();
    tables.set(key, sql);
  }
  return sql;
}

/** Microseconds that local time is ahead of UTC, for a TIMESTAMP expression of UTC or of the local clock. */
function buildOffsetSql(expression: string, zone: ZoneTable, clock: Clock, lastYear: number): string {
  const steps = stepsOf(zone.segments, clock);
  const lastChange = steps.at(-1)!;
  if (steps.length === 1) return bigint(BigInt(lastChange.offset) * SECOND_MICROS);
  const repeatYear = zone.repeatsFrom === undefined ? null : yearOf(zone.repeatsFrom);
  const needsRepeat = repeatYear !== null && lastYear >= repeatYear;
  // One more than the year of the last change, where nothing changes any more.
  const end = needsRepeat ? repeatYear + REPEAT_YEARS - 1 : Math.min(lastYear + 1, yearOf(lastChange.from) + 1);
  const table = yearTable(steps, end);
  const position = positionSql(expression, table, needsRepeat ? repeatYear : null);
  const inYear = `(epoch_us(${expression}) - epoch_us(date_trunc('year', ${expression})))`;
  const changes = table.changes.map(
    ({ at, by }) => `(CASE WHEN ${inYear} >= ${listSql(at)}[${position}] THEN ${listSql(by)}[${position}] ELSE ${bigint(0n)} END)`,
  );
  return `(${[`${listSql(table.atStart)}[${position}]`, ...changes].join(' + ')})`;
}

const LAST_YEAR = 9999;

/** The local date of a UTC TIMESTAMP column; exact for instants up to the end of `lastDay`. */
export function localDateSql(column: string, zone: string, lastDay: number): string {
  const offset = offsetSql(column, zone, 'utc', civilOf(lastDay).year + 1);
  return `CAST(make_timestamp(epoch_us(${column}) + ${offset}) AS DATE)`;
}

/** The UTC TIMESTAMP of a local one: skipped times move on by the gap, repeated ones are the first. */
export function localToUtcSql(expression: string, zone: string): string {
  return `make_timestamp(epoch_us(${expression}) - ${offsetSql(expression, zone, 'local', LAST_YEAR)})`;
}
