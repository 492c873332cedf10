import type { RunClock } from '../../fields.ts';
import { addMonths, civilOf, dayOf, isLeapYear } from '../calendar.ts';
import { dayOfValue } from '../dates.ts';
import { dayLiteral } from '../literals.ts';
import type { NormalLeaf } from '../normal.ts';
import { whole } from '../operand.ts';
import { DATES, type Operator, textOf } from '../operator.ts';
import { windowSql } from '../sql-literals.ts';
import { localDateSql } from '../sql-zones.ts';

const windowOf = (leaf: NormalLeaf, clock: RunClock): { readonly from: number; readonly to: number } => {
  const from = dayLiteral(clock.today);
  return { from, to: from + Number(textOf(leaf)) - 1 };
};

/** The part of the window in one year, as a condition on the month and day of earlier years' dates. */
function yearSql(column: string, leaf: NormalLeaf, clock: RunClock, year: number): string {
  const { from, to } = windowOf(leaf, clock);
  const low = civilOf(Math.max(from, dayOf(year, 1, 1)));
  const high = civilOf(Math.min(to, dayOf(year, 12, 31)));
  // In a common year the anniversary of 29 February is on the 28th.
  const last = !isLeapYear(year) && high.month === 2 && high.day === 28 ? 229 : high.month * 100 + high.day;
  const earlier = { to: dayOf(year, 1, 1) - 1 };
  const date = leaf.field.type.kind === 'timestamp' ? localDateSql(column, clock.zone, earlier.to) : column;
  const monthDay = `(month(${date}) * 100 + day(${date}))`;
  const inYear = `(${monthDay} >= ${low.month * 100 + low.day} AND ${monthDay} <= ${last})`;
  return `(${windowSql(column, leaf.field.type, earlier, clock)} AND ${inYear})`;
}

const anniversary: Operator = {
  name: 'anniversary_within',
  aliases: [],
  group: 'date',
  types: DATES,
  operand: whole('1 to 366 days', 1, 366),
  keys: ['missing'],
  meaning:
    'an anniversary of the date of x is today or on one of the N−1 days after; the day itself is none, 29 February falls on the 28th in common years',
  label: { en: 'has an anniversary within days', zh: '几天内周年' },
  example: { field: 'birthday', operator: 'anniversary_within', value: 7 },
  evaluate(value, leaf, clock) {
    const { from, to } = windowOf(leaf, clock);
    const day = dayOfValue(leaf.field.type, value, clock);
    const years = civilOf(from).year - civilOf(day).year;
    return [years, years + 1].some((n) => n >= 1 && addMonths(day, 12 * n) >= from && addMonths(day, 12 * n) <= to);
  },
  sql(column, leaf, clock) {
    const { from, to } = windowOf(leaf, clock);
    const years: number[] = [];
    for (let year = civilOf(from).year; year <= civilOf(to).year; year += 1) years.push(year);
    return `(${years.map((year) => yearSql(column, leaf, clock, year)).join(' OR ')})`;
  },
};

export const anniversaryWithin: readonly Operator[] = [anniversary];
