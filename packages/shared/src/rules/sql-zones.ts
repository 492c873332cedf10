/** Time zone arithmetic for DuckDB by literals: no zone data of the database's own is asked. */
import { DAY_SECONDS, REPEAT_SECONDS, type Segment, zoneTable } from './zones.ts';
import { instantSql } from './sql-literals.ts';
import { SECOND_MICROS } from './instants.ts';

const micros = (second: number): bigint => BigInt(second) * SECOND_MICROS;

/** A step function over a TIMESTAMP expression as a balanced tree of CASEs. */
function stepsSql(expression: string, steps: readonly { readonly from: number; readonly value: number }[]): string {
  if (steps.length === 1) return `CAST('${micros(steps[0]!.value)}' AS BIGINT)`;
  const middle = Math.floor(steps.length / 2);
  const bound = instantSql(micros(steps[middle]!.from));
  const [low, high] = [steps.slice(0, middle), steps.slice(middle)];
  return `CASE WHEN ${expression} < ${bound} THEN ${stepsSql(expression, low)} ELSE ${stepsSql(expression, high)} END`;
}

type Clock = 'utc' | 'local';

/**
 * Where the offset changes, on the clock of the input. For a local input a
 * skipped time still has the offset before the change, and a repeated one too:
 * the change counts from the later of the two readings of the clock.
 */
function stepsOf(segments: readonly Segment[], clock: Clock): { from: number; value: number }[] {
  return segments.map((segment, index) => {
    const previous = segments[index - 1]?.offset ?? segment.offset;
    return { from: segment.start + (clock === 'local' ? Math.max(previous, segment.offset) : 0), value: segment.offset };
  });
}

/** Microseconds that local time is ahead of UTC, for a TIMESTAMP expression of UTC or of the local clock. */
function offsetSql(expression: string, zone: string, clock: Clock, lastSecond: number): string {
  const { segments, repeatsFrom } = zoneTable(zone);
  const steps = stepsOf(segments, clock);
  // Two days more, because the input may be on another clock than the bound.
  const needed = steps.filter((step, index) => index === 0 || step.from < lastSecond + 2 * DAY_SECONDS);
  if (repeatsFrom === undefined || lastSecond < repeatsFrom) return stepsSql(expression, needed);
  const first = steps.findIndex((step) => step.from >= repeatsFrom);
  const start = repeatsFrom + (clock === 'local' ? (steps[first - 1]?.value ?? 0) : 0);
  const from = `CAST('${micros(start)}' AS BIGINT)`;
  const folded = `make_timestamp(${from} + (epoch_us(${expression}) - ${from}) % CAST('${micros(REPEAT_SECONDS)}' AS BIGINT))`;
  const base = stepsSql(expression, steps.slice(0, first));
  const repeated = stepsSql(folded, steps.slice(Math.max(first - 1, 0)));
  return `CASE WHEN ${expression} < ${instantSql(micros(start))} THEN ${base} ELSE ${repeated} END`;
}

const LAST_SECOND = 253_402_300_799; // 9999-12-31T23:59:59Z

/** The local date of a UTC TIMESTAMP column; exact for instants up to the end of `lastDay`. */
export function localDateSql(column: string, zone: string, lastDay: number): string {
  const offset = offsetSql(column, zone, 'utc', (lastDay + 1) * DAY_SECONDS);
  return `CAST(make_timestamp(epoch_us(${column}) + ${offset}) AS DATE)`;
}

/** The UTC TIMESTAMP of a local one: skipped times move on by the gap, repeated ones are the first. */
export function localToUtcSql(expression: string, zone: string): string {
  return `make_timestamp(epoch_us(${expression}) - ${offsetSql(expression, zone, 'local', LAST_SECOND)})`;
}
