import { expect, test } from 'vitest';
import { TagmillError } from '../../src/errors.ts';
import { addMonths, formatDay, parseDay, periodOf } from '../../src/rules/calendar.ts';
import { dayOfInstant, makeClock } from '../../src/rules/clock.ts';
import { instantOf, parseTime } from '../../src/rules/instants.ts';

const clock = (zone: string, asOf?: string, businessDate = '2026-11-22') =>
  makeClock({ zone, businessDate, ...(asOf === undefined ? {} : { asOf }) });

test('a business date means its last microsecond in the zone', () => {
  expect(clock('Asia/Shanghai')).toEqual({ asOf: '2026-11-22T15:59:59.999999Z', today: '2026-11-22', zone: 'Asia/Shanghai' });
  expect(clock('America/New_York', '2026-11-01').asOf).toBe('2026-11-02T04:59:59.999999Z');
  expect(clock('UTC', '2024-02-29')).toEqual({ asOf: '2024-02-29T23:59:59.999999Z', today: '2024-02-29', zone: 'UTC' });
});

test('a day that a zone left out ends where it would have begun', () => {
  expect(clock('Pacific/Apia', '2011-12-30')).toMatchObject({ asOf: '2011-12-30T09:59:59.999999Z', today: '2011-12-29' });
});

test('an instant is taken as it is, its date is that of the zone', () => {
  expect(clock('America/Los_Angeles', '2026-11-22T07:30:00Z')).toMatchObject({ asOf: '2026-11-22T07:30:00.000000Z', today: '2026-11-21' });
  expect(clock('Pacific/Kiritimati', '2026-11-22T15:30:00.5+08:00')).toMatchObject({
    asOf: '2026-11-22T07:30:00.500000Z',
    today: '2026-11-22',
  });
});

test.each([
  ['Asia/Nowhere', undefined, '2026-11-22'],
  ['+08:00', undefined, '2026-11-22'],
  ['', undefined, '2026-11-22'],
  ['UTC', '2026-11-31', '2026-11-22'],
  ['UTC', '2026-11-22T08:00:00', '2026-11-22'],
  ['UTC', 'yesterday', '2026-11-22'],
  ['UTC', undefined, '2026-1-1'],
  ['America/New_York', '9999-12-31', '2026-11-22'],
])('zone %s, as of %s, business date %s is refused', (zone, asOf, businessDate) => {
  const make = (): unknown => clock(zone, asOf, businessDate);
  expect(make).toThrow(TagmillError);
  expect(make).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

test('local times: skipped ones move on by the gap, repeated ones are the first', () => {
  const instant = (zone: string, text: string): string => new Date(Number(instantOf(parseTime(text)!, zone) / 1000n)).toISOString();
  expect(instant('America/New_York', '2026-03-08 02:30:00')).toBe('2026-03-08T07:30:00.000Z');
  expect(instant('America/New_York', '2026-11-01 01:30:00')).toBe('2026-11-01T05:30:00.000Z');
  expect(instant('Asia/Shanghai', '0001-01-01 00:00:00')).toBe('0000-12-31T15:54:17.000Z');
  expect(formatDay(dayOfInstant('America/St_Johns', instantOf(parseTime('2006-10-29T02:30:30Z')!, 'UTC')))).toBe('2006-10-29');
  expect(formatDay(dayOfInstant('America/St_Johns', instantOf(parseTime('2006-10-29T02:31:30Z')!, 'UTC')))).toBe('2006-10-28');
});

test('months and periods', () => {
  const day = (text: string): number => parseDay(text)!;
  expect(formatDay(addMonths(day('2026-03-31'), -1))).toBe('2026-02-28');
  expect(formatDay(addMonths(day('2024-02-29'), 12))).toBe('2025-02-28');
  expect(formatDay(addMonths(day('2024-02-29'), 48))).toBe('2028-02-29');
  const shown = ({ from, to }: { from: number; to: number }): string => `${formatDay(from)} ${formatDay(to)}`;
  expect(shown(periodOf(day('2026-11-22'), 'week', 'this'))).toBe('2026-11-16 2026-11-22');
  expect(shown(periodOf(day('1969-12-29'), 'week', 'this'))).toBe('1969-12-29 1970-01-04');
  expect(shown(periodOf(day('2026-02-28'), 'quarter', 'previous'))).toBe('2025-10-01 2025-12-31');
  for (let n = -800_000; n < 3_000_000; n += 9973) if (n > -719162 && n < 2932896) expect(parseDay(formatDay(n))).toBe(n);
});
