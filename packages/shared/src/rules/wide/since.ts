/** What earlier data a change is seen against: `"previous"` or a day. */
import { parseDay } from '../calendar.ts';
import type { Json } from '../json.ts';

export const PREVIOUS = 'previous';

/** Whether it names earlier data. */
export const isSince = (value: Json | undefined): value is string =>
  typeof value === 'string' && (value === PREVIOUS || parseDay(value) !== null);
