import { formatDay, parseDay } from '@tagmill/shared/rules/calendar';
import { dayOfInstant } from '@tagmill/shared/rules/clock';
import { formatClock, instantOf, parseTime } from '@tagmill/shared/rules/instants';
import { windowSql } from '@tagmill/shared/rules/sql-literals';
import { localDateSql, localToUtcSql } from '@tagmill/shared/rules/sql-zones';
import { foldCase } from '@tagmill/shared/rules/values';
import { offsetAt, zoneTable } from '@tagmill/shared/rules/zones';
import { expect, test } from 'vitest';
import { lowerOf, overTimestamps } from '../src/duck/expressions.ts';

/** Clocks that were set back over midnight, days that were left out, half hours, seconds, Ramadan, no changes at all. */
const ZONES = [
  'Asia/Shanghai',
  'UTC',
  'America/New_York',
  'America/St_Johns',
  'Pacific/Apia',
  'Asia/Manila',
  'Africa/Casablanca',
  'Africa/Monrovia',
  'Australia/Lord_Howe',
  'America/Sao_Paulo',
  'Asia/Gaza',
  'Europe/Dublin',
  'Africa/Freetown',
  'Antarctica/Troll',
  'Asia/Kathmandu',
];

/** Times around every change of a zone, and some of every century, as texts of a TIMESTAMP. */
function awkwardTimes(zone: string): string[] {
  const seconds = zoneTable(zone)
    .segments.filter((_, index) => index < 60 || index % 23 === 0)
    .flatMap(({ start, offset }) =>
      [-86400, -3600, -1800, -1, 0, 1, 1799, 3600, 86400].flatMap((around) => [start + around, start + offset + around]),
    );
  for (let year = 1; year <= 9999; year += 37) {
    const day = parseDay(`${String(year).padStart(4, '0')}-0${1 + (year % 9)}-15`)!;
    seconds.push(day * 86400, day * 86400 + 79_199);
  }
  const texts = seconds.map((second) => formatClock(BigInt(second) * 1_000_000n + 5n, ' '));
  return texts.filter((text) => text !== null && text > '0001-01-02' && text < '9999-12-30').map(String);
}

const micros = (text: string): bigint => parseTime(`${text}Z`)!.clockMicros;
/** DuckDB writes no zeros at the end of a fraction. */
const asDuck = (text: string): string => text.replace(/\.?0+$/, '');

test.each(ZONES)('local times and dates of %s are the same in DuckDB and in the reference', async (zone) => {
  const times = awkwardTimes(zone);
  const lastDay = parseDay('9999-12-31')!;
  const [utc, dates] = await overTimestamps(times, [localToUtcSql('t', zone), localDateSql('t', zone, lastDay)]);
  const wrong = times.flatMap((text, index) => {
    const instant = asDuck(formatClock(instantOf({ clockMicros: micros(text) }, zone), ' ')!);
    const date = formatDay(dayOfInstant(zone, micros(text)));
    const got = `${utc?.[index]} ${dates?.[index]}`;
    return got === `${instant} ${date}` ? [] : [`${text}: DuckDB ${got}, reference ${instant} ${date}`];
  });
  expect(wrong.slice(0, 10)).toEqual([]);
});

test.each(ZONES)('a window of days over instants of %s holds exactly the instants of these days', async (zone) => {
  const times = awkwardTimes(zone);
  const days = [
    '2006-10-28',
    '2006-10-29',
    '2011-12-29',
    '2011-12-30',
    '2011-12-31',
    '1987-10-24',
    '1987-10-25',
    '2026-11-01',
    '3000-07-01',
  ];
  const now = { asOf: '2026-11-22T02:30:00.000000Z', today: '2026-11-22', zone };
  const windows = days.map(parseDay).flatMap((day) => [{ from: day!, to: day! }, { from: day! }, { to: day! }]);
  const letters = await overTimestamps(
    times,
    windows.map((window) => windowSql('t', { kind: 'timestamp' }, window, now)),
  );
  const wrong = windows.flatMap((window, at) =>
    times.flatMap((text, index) => {
      const day = dayOfInstant(zone, micros(text));
      const inside = day >= ('from' in window ? window.from! : -Infinity) && day <= ('to' in window ? window.to! : Infinity);
      return letters[at]?.[index] === String(inside) ? [] : [`${text} in ${JSON.stringify(window)}: DuckDB ${letters[at]?.[index]}`];
    }),
  );
  expect(wrong.slice(0, 10)).toEqual([]);
});

test('the rules of the zones repeat from 2100 on as the tables take it', () => {
  for (const zone of ZONES) {
    for (let second = 4102444800; second < 4102444800 + 146_097 * 86_400; second += 86_400 * 301) {
      expect(offsetAt(zone, second + 146_097 * 86_400 * 7), zone).toBe(offsetAt(zone, second));
    }
  }
});

test('the simple lower-case mapping is that of DuckDB for every code point', async () => {
  const points = Array.from({ length: 0x110000 }, (_, point) => point).filter((point) => point > 0 && (point < 0xd800 || point > 0xdfff));
  const lowered = await lowerOf(points);
  const different = points.filter((point, index) => foldCase(String.fromCodePoint(point)).codePointAt(0) !== lowered[index]);
  expect(different.map((point) => point.toString(16))).toEqual([]);
});
