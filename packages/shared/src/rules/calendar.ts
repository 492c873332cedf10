/**
 * Days as whole numbers since 1970-01-01 in the proleptic Gregorian calendar,
 * so that arithmetic on dates never meets a clock, a zone or a library.
 */
export const DAY_MIN = -719162; // 0001-01-01
export const DAY_MAX = 2932896; // 9999-12-31

interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/** Day number of a calendar date (the algorithm is Howard Hinnant's days_from_civil). */
export function dayOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

export function civilOf(dayNumber: number): CivilDate {
  const z = dayNumber + 719468;
  const era = Math.floor(z / 146097);
  const doe = z - era * 146097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return { year: yoe + era * 400 + (month <= 2 ? 1 : 0), month, day: doy - Math.floor((153 * mp + 2) / 5) + 1 };
}

export const isLeapYear = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** `2026-11-22` as a day number, or null when it is not a real day of the years 1 to 9999 in exactly this form. */
export function parseDay(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null || text.length !== 10) return null;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  return dayOf(year, month, day);
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** `2026-11-22`; only for days of the years 1 to 9999. */
export function formatDay(dayNumber: number): string {
  const { year, month, day } = civilOf(dayNumber);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

/** The same day n months on, or the month's last day where that is earlier (operators.md 3). */
export function addMonths(dayNumber: number, months: number): number {
  const { year, month, day } = civilOf(dayNumber);
  const total = year * 12 + (month - 1) + months;
  const y = Math.floor(total / 12);
  const m = total - y * 12 + 1;
  return dayOf(y, m, Math.min(day, daysInMonth(y, m)));
}

export const PERIODS = ['day', 'week', 'month', 'quarter', 'year'] as const;
export type Period = (typeof PERIODS)[number];

const PERIOD_MONTHS = { month: 1, quarter: 3, year: 12 } as const;

/** First and last day of the calendar period that holds `today`, or of the one before; weeks start on Monday. */
export function periodOf(today: number, period: Period, which: 'this' | 'previous'): { readonly from: number; readonly to: number } {
  if (period === 'day' || period === 'week') {
    const length = period === 'day' ? 1 : 7;
    // 1970-01-01 was a Thursday, three days after a Monday.
    const start = period === 'day' ? today : today - ((((today + 3) % 7) + 7) % 7);
    const from = which === 'this' ? start : start - length;
    return { from, to: from + length - 1 };
  }
  const months = PERIOD_MONTHS[period];
  const { year, month } = civilOf(today);
  const start = dayOf(year, month - ((month - 1) % months), 1);
  const from = which === 'this' ? start : addMonths(start, -months);
  return { from, to: addMonths(from, months) - 1 };
}
