/** Texts of instants and local times (operators.md 2, text -> timestamp); instants are microseconds since 1970 as bigint. */
import { DAY_MAX, DAY_MIN, formatDay, parseDay } from './calendar.ts';
import { localToSecond } from './zones.ts';

export const SECOND_MICROS = 1_000_000n;

const FORM = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?(Z|[+-]\d{2}:\d{2})?$/;

export interface TimeText {
  /** Microseconds since 1970-01-01 00:00:00 on the clock that the text was read from. */
  readonly clockMicros: bigint;
  /** Seconds ahead of UTC; absent for a local time. */
  readonly offsetSeconds?: number;
}

/** `2026-11-22T08:00:00.5+08:00` or without offset; null when it has another form or is no real time. */
export function parseTime(text: string): TimeText | null {
  const match = FORM.exec(text);
  if (match === null || text.endsWith('\n')) return null;
  const day = parseDay(match[1] ?? '');
  const [hour, minute, second] = [Number(match[2]), Number(match[3]), Number(match[4])];
  if (day === null || hour > 23 || minute > 59 || second > 59) return null;
  const seconds = BigInt(day) * 86_400n + BigInt(hour * 3600 + minute * 60 + second);
  const clockMicros = seconds * SECOND_MICROS + BigInt((match[5] ?? '').padEnd(6, '0'));
  const zone = match[6];
  if (zone === undefined) return { clockMicros };
  if (zone === 'Z') return { clockMicros, offsetSeconds: 0 };
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4, 6))];
  const offset = hours * 3600 + minutes * 60;
  if (minutes > 59 || offset > 18 * 3600) return null;
  return { clockMicros, offsetSeconds: zone.startsWith('-') ? -offset : offset };
}

/** Whole seconds at or before a number of microseconds. */
export const secondOf = (micros: bigint): number => {
  const rest = ((micros % SECOND_MICROS) + SECOND_MICROS) % SECOND_MICROS;
  return Number((micros - rest) / SECOND_MICROS);
};

/** The instant of a time; one without offset is a local time of `zone`. */
export function instantOf(time: TimeText, zone: string): bigint {
  if (time.offsetSeconds !== undefined) return time.clockMicros - BigInt(time.offsetSeconds) * SECOND_MICROS;
  const second = secondOf(time.clockMicros);
  return BigInt(localToSecond(zone, second)) * SECOND_MICROS + (time.clockMicros - BigInt(second) * SECOND_MICROS);
}

/** `2026-11-22T08:00:00` with as many digits of microseconds as `digits` says; null outside of the years 1 to 9999. */
export function formatClock(micros: bigint, separator: 'T' | ' ' = 'T'): string | null {
  const second = secondOf(micros);
  const day = Math.floor(second / 86_400);
  if (day < DAY_MIN || day > DAY_MAX) return null;
  const rest = second - day * 86_400;
  const two = (value: number): string => String(value).padStart(2, '0');
  const fraction = String(micros - BigInt(second) * SECOND_MICROS).padStart(6, '0');
  return `${formatDay(day)}${separator}${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}.${fraction}`;
}
