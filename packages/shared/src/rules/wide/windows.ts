/** Windows of aggregates: how they are read, and which days they hold (operators.md 5). */
import type { EventTable } from '../../fields.ts';
import { addMonths, parseDay, PERIODS, periodOf } from '../calendar.ts';
import type { NodeFaults } from '../check-context.ts';
import { isList, isObject, type Json, type JsonObject } from '../json.ts';
import { dayLiteral } from '../literals.ts';
import type { EventWindow } from '../normal.ts';
import type { OperandContext } from '../operand.ts';
import { wholeNumber } from '../operand-scalars.ts';

const WINDOW_DAYS = 3_660;
const WINDOW_MONTHS = 120;
const TAKES = 'a window is one of last_days, days_ago: [a, b], last_months, period, or from and to';

/** A whole number in a window; its faults are those of the window. */
function wholeOf(value: Json | undefined, min: number, max: number): number | null {
  let sound = true;
  const context: OperandContext = { type: null, fieldName: '', operator: 'window', compare: null, fail: () => (sound = false) };
  const literal = wholeNumber(min, max)(value ?? null, context, '/window');
  return sound && literal !== null ? Number(literal.text) : null;
}

const PERIOD_NAMES: readonly string[] = PERIODS.flatMap((name) => [`this_${name}`, `previous_${name}`]);

function readDays(from: Json | undefined, to: Json | undefined): EventWindow | null {
  if (typeof from !== 'string' || typeof to !== 'string') return null;
  const [first, last] = [parseDay(from), parseDay(to)];
  return first === null || last === null || first > last ? null : { from, to };
}

function readAgo(value: Json | undefined): EventWindow | null {
  if (!isList(value) || value.length !== 2) return null;
  const [near, far] = [wholeOf(value[0], 0, WINDOW_DAYS), wholeOf(value[1], 0, WINDOW_DAYS)];
  return near === null || far === null || near > far ? null : { days_ago: [near, far] };
}

export function parseWindow(window: JsonObject): EventWindow | null {
  const keys = [...window.keys()].sort().join(' ');
  const value = window.get(keys);
  switch (keys) {
    case 'last_days': {
      const days = wholeOf(value, 1, WINDOW_DAYS);
      return days === null ? null : { last_days: days };
    }
    case 'last_months': {
      const months = wholeOf(value, 1, WINDOW_MONTHS);
      return months === null ? null : { last_months: months };
    }
    case 'days_ago':
      return readAgo(value);
    case 'period':
      return typeof value === 'string' && PERIOD_NAMES.includes(value) ? { period: value } : null;
    case 'from to':
      return readDays(window.get('from'), window.get('to'));
    default:
      return null;
  }
}

/** The window of an aggregate; a daily table must have one. */
export function readWindow(node: JsonObject, table: EventTable | null, faults: NodeFaults): EventWindow | undefined {
  const window = node.get('window');
  if (window === undefined) {
    if (table?.partitions === 'daily') faults.fail('WINDOW_INVALID', '', `${table.name} has one partition a day and needs \`window\``);
    return undefined;
  }
  const read = isObject(window) ? parseWindow(window) : null;
  if (read === null) faults.fail('WINDOW_INVALID', '/window', TAKES);
  return read ?? undefined;
}

/** First and last day of a window, both in. */
export function daysOfWindow(window: EventWindow, today: number): { readonly from: number; readonly to: number } {
  if ('last_days' in window) return { from: today - (window.last_days - 1), to: today };
  if ('days_ago' in window) return { from: today - window.days_ago[1], to: today - window.days_ago[0] };
  if ('last_months' in window) return { from: addMonths(today, -window.last_months) + 1, to: today };
  if ('from' in window) return { from: dayLiteral(window.from), to: dayLiteral(window.to) };
  const [which, name] = window.period.split('_');
  const period = PERIODS.find((each) => each === name);
  if (period === undefined) throw new Error(`no period ${window.period}; only checked rules can be evaluated`);
  return periodOf(today, period, which === 'this' ? 'this' : 'previous');
}
