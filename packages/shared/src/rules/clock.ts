/** The frozen clock of a run (rules.md, decision 6): one instant and one zone, set before sharding. */
import { TagmillError } from '../errors.ts';
import type { RunClock } from '../fields.ts';
import { formatDay, parseDay } from './calendar.ts';
import { formatClock, instantOf, parseTime, SECOND_MICROS, secondOf } from './instants.ts';
import { instantsOfDays, isZone, localDayOf } from './zones.ts';

export interface ClockInput {
  /** A day (its last microsecond in the zone) or an instant with offset; the business date when absent. */
  readonly asOf?: string;
  readonly businessDate: string;
  /** IANA name. */
  readonly zone: string;
}

/** Last microsecond of a day in a zone; where the zone skipped that day, the last one before it. */
function endOfDay(zone: string, day: number): bigint {
  const end = instantsOfDays(zone, undefined, day).at(-1)?.end;
  if (end === undefined) throw new Error(`day ${day} has no end in ${zone}`);
  return BigInt(end) * SECOND_MICROS - 1n;
}

/** Day number of an instant's date in a zone. */
export const dayOfInstant = (zone: string, micros: bigint): number => localDayOf(zone, secondOf(micros));

/**
 * The clock of a run.
 *
 * @throws TagmillError USAGE for an unknown zone, a day or an instant that cannot be read
 */
export function makeClock(input: ClockInput): RunClock {
  if (!isZone(input.zone)) {
    throw new TagmillError('USAGE', `unknown time zone "${input.zone}"; name one like Asia/Shanghai or UTC`, { zone: input.zone });
  }
  const businessDay = parseDay(input.businessDate);
  if (businessDay === null) {
    throw new TagmillError('USAGE', `the business date "${input.businessDate}" is not a day; write it as YYYY-MM-DD`);
  }
  const micros = input.asOf === undefined ? endOfDay(input.zone, businessDay) : readAsOf(input.asOf, input.zone);
  const asOf = formatClock(micros);
  const today = dayOfInstant(input.zone, micros);
  if (asOf === null) throw new TagmillError('USAGE', `"${input.asOf ?? input.businessDate}" lies outside of the years 1 to 9999 in UTC`);
  return { asOf: `${asOf}Z`, today: formatDay(today), zone: input.zone };
}

function readAsOf(text: string, zone: string): bigint {
  const day = parseDay(text);
  if (day !== null) return endOfDay(zone, day);
  const time = parseTime(text);
  if (time?.offsetSeconds === undefined) {
    throw new TagmillError(
      'USAGE',
      `as-of "${text}" is neither a day (2026-11-22) nor an instant with offset (2026-11-22T12:00:00+08:00 or ...Z)`,
    );
  }
  return instantOf(time, zone);
}
