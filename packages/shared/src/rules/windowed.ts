/** What the date operators share: each is a window of days, seen from today or named. */
import { parseDay } from './calendar.ts';
import { type DayWindow, dayOfValue, inWindow } from './dates.ts';
import type { NormalLeaf } from './normal.ts';
import { DATES, type Operator } from './operator.ts';
import { windowSql } from './sql-literals.ts';

interface Windowed extends Pick<Operator, 'name' | 'operand' | 'meaning' | 'label' | 'example'> {
  readonly aliases?: readonly string[];
  /** The window of a leaf; `today` is a day number. At least one end is there. */
  window(leaf: NormalLeaf, today: number): DayWindow;
}

const dayNumber = (text: string): number => {
  const day = parseDay(text);
  if (day === null) throw new Error(`"${text}" is no day of a run's clock`);
  return day;
};

export function windowedOperator(own: Windowed): Operator {
  const { window, ...rest } = own;
  return {
    aliases: [],
    ...rest,
    group: 'date',
    types: DATES,
    keys: ['missing'],
    dayWindow: window,
    evaluate: (value, leaf, clock) => inWindow(dayOfValue(leaf.field.type, value, clock), window(leaf, dayNumber(clock.today))),
    sql: (column, leaf, clock) => windowSql(column, leaf.field.type, window(leaf, dayNumber(clock.today)), clock),
  };
}

/** Most days that an operator may look back or ahead: a hundred years. */
export const DAYS_MAX = 36_500;
