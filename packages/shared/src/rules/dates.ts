/** Windows of days: what nearly all date operators are, over dates and over timestamps. */
import type { FieldType, RunClock } from '../fields.ts';
import { dayOfInstant } from './clock.ts';
import type { Value } from './values.ts';

/** Days from `from` to `to`, both in; an absent end is open. At least one end is there. */
export interface DayWindow {
  readonly from?: number;
  readonly to?: number;
}

/** The date of a date or timestamp value, in the run's zone. */
export const dayOfValue = (type: FieldType, value: Value, clock: RunClock): number =>
  type.kind === 'timestamp' ? dayOfInstant(clock.zone, value as bigint) : (value as number);

export const inWindow = (day: number, window: DayWindow): boolean =>
  (window.from === undefined || day >= window.from) && (window.to === undefined || day <= window.to);
