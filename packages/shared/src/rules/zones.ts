/**
 * Time zones, from the one table that Node and browsers carry (Intl). SQL gets
 * its boundaries from here as literals, so that every engine agrees with the
 * reference whatever zone data it was built with, and none needs any.
 *
 * Instants are whole seconds since 1970 here: no zone ever changed its clock
 * in the middle of a second.
 */
export const DAY_SECONDS = 86_400;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formatters.set(zone, formatter);
  }
  return formatter;
}

/** Whether it is the name of a zone (`Asia/Shanghai`, `UTC`), not an offset. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]/.test(zone)) return false;
  try {
    formatterOf(zone);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Seconds that local time is ahead of UTC at an instant. */
export function offsetAt(zone: string, second: number): number {
  const text = formatterOf(zone).format(second * 1000);
  const match = /GMT(?:([+-])(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?)?$/.exec(text);
  if (match === null) throw new Error(`cannot read the offset of ${zone} from "${text}"`);
  const offset = Number(match[2] ?? 0) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
  return match[1] === '-' ? -offset : offset;
}

export interface Segment {
  /** First second of the segment. */
  readonly start: number;
  /** Seconds that local time is ahead of UTC throughout it. */
  readonly offset: number;
}

/** Stretches of one offset between two instants, in order; changes closer to each other than `step` may be overlooked. */
function segmentsBetween(zone: string, from: number, to: number, step: number): Segment[] {
  const segments: Segment[] = [{ start: from, offset: offsetAt(zone, from) }];
  let offset = segments[0]!.offset;
  for (let at = from; at < to; ) {
    const next = Math.min(at + step, to);
    const after = offsetAt(zone, next);
    if (after !== offset) {
      let [low, high] = [at, next];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (offsetAt(zone, middle) === offset) low = middle;
        else high = middle;
      }
      offset = offsetAt(zone, high);
      segments.push({ start: high, offset });
      at = high;
    } else {
      at = next;
    }
  }
  return segments;
}

/** Around one local day: two days to each side, because offsets reach up to 26 hours from each other. */
const segmentsAround = (zone: string, day: number): Segment[] =>
  segmentsBetween(zone, (day - 2) * DAY_SECONDS, (day + 3) * DAY_SECONDS, DAY_SECONDS / 4);

/** The day number of an instant's local date. */
export const localDayOf = (zone: string, second: number): number => Math.floor((second + offsetAt(zone, second)) / DAY_SECONDS);

/** Half-open stretch of instants; an absent end is open. */
export interface Interval {
  readonly start?: number;
  readonly end?: number;
}

/**
 * Instants whose local date is `day` or later. It is one stretch nearly always;
 * where a clock was set back over midnight (St John's, 0:01 to 23:01) it is two.
 */
function instantsFrom(zone: string, day: number): Interval[] {
  const segments = segmentsAround(zone, day);
  const intervals: { start: number; end?: number }[] = [];
  segments.forEach((segment, index) => {
    const end = segments[index + 1]?.start;
    const start = Math.max(segment.start, day * DAY_SECONDS - segment.offset);
    if (end !== undefined && start >= end) return;
    const last = intervals.at(-1);
    if (last !== undefined && last.end === start) {
      if (end === undefined) delete last.end;
      else last.end = end;
    } else {
      intervals.push(end === undefined ? { start } : { start, end });
    }
  });
  return intervals;
}

function complement(intervals: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  let start: number | undefined;
  for (const interval of intervals) {
    if (interval.start !== undefined) result.push({ ...(start === undefined ? {} : { start }), end: interval.start });
    start = interval.end;
    if (start === undefined) return result;
  }
  result.push(start === undefined ? {} : { start });
  return result;
}

function intersection(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const x of a) {
    for (const y of b) {
      const start = Math.max(x.start ?? -Infinity, y.start ?? -Infinity);
      const end = Math.min(x.end ?? Infinity, y.end ?? Infinity);
      if (start >= end) continue;
      result.push({ ...(start === -Infinity ? {} : { start }), ...(end === Infinity ? {} : { end }) });
    }
  }
  return result;
}

/** Exactly the instants whose local date lies in `from` to `to`, both days in; an absent end is open. */
export function instantsOfDays(zone: string, from: number | undefined, to: number | undefined): Interval[] {
  const lower = from === undefined ? [{}] : instantsFrom(zone, from);
  const upper = to === undefined ? [{}] : complement(instantsFrom(zone, to + 1));
  return intersection(lower, upper);
}

/**
 * Instant of a local time: one that a clock change skips moves on by the gap,
 * one that it repeats is the first (operators.md 2).
 *
 * @param localSecond seconds since 1970-01-01 00:00:00 on the local clock
 * @param segments stretches around it, in order
 */
export function localToSecond(zone: string, localSecond: number): number {
  const segments = segmentsAround(zone, Math.floor(localSecond / DAY_SECONDS));
  let offset = segments[0]!.offset;
  for (const next of segments.slice(1)) {
    if (localSecond < next.start + Math.max(offset, next.offset)) break;
    offset = next.offset;
  }
  return localSecond - offset;
}

/** From here on, the rules of every zone repeat with the calendar, every 400 years. */
const REPEATS_FROM = 4102444800; // 2100-01-01
const REPEAT_SECONDS = 146_097 * DAY_SECONDS;
/** Before the first standard times; local mean time holds until then. */
const TABLE_FROM = -5364662400; // 1800-01-01
/** Changes of one zone are at least four days apart in the whole of the tz database. */
const TABLE_STEP = 3 * DAY_SECONDS;

export interface ZoneTable {
  /** The first holds from the beginning of time. */
  readonly segments: readonly Segment[];
  /** Start of the part that repeats every `REPEAT_SECONDS`; absent where the last offset stays for ever. */
  readonly repeatsFrom?: number;
}

const tables = new Map<string, ZoneTable>();

/** All offsets of a zone for all time. Takes some 50 ms the first time. */
export function zoneTable(zone: string): ZoneTable {
  let table = tables.get(zone);
  if (table === undefined) {
    const base = segmentsBetween(zone, TABLE_FROM, REPEATS_FROM, TABLE_STEP);
    const decade = segmentsBetween(zone, REPEATS_FROM, REPEATS_FROM + 3653 * DAY_SECONDS, TABLE_STEP);
    table =
      decade.length === 1
        ? { segments: base }
        : {
            segments: [...base, ...segmentsBetween(zone, REPEATS_FROM, REPEATS_FROM + REPEAT_SECONDS, TABLE_STEP).slice(1)],
            repeatsFrom: REPEATS_FROM,
          };
    tables.set(zone, table);
  }
  return table;
}
