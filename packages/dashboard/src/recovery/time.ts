/** Times of a recovery, by the zone of whoever looks. */
import { businessDate, clock, type Language } from '../ui/format.ts';

export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** `00:47:05.8`. */
export const fineClock = (ms: number): string => `${clock(ms, localZone())}.${Math.floor((ms % 1_000) / 100)}`;

/** `21 Nov 2026, 00:47:12` or `2026-11-21 00:47:12`. */
export function when(ms: number, language: Language): string {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat('en-US', { year: 'numeric', month: '2-digit', day: '2-digit' })
      .formatToParts(ms)
      .map((part) => [part.type, part.value]),
  );
  const date = businessDate(`${parts['year']}-${parts['month']}-${parts['day']}`, language);
  return `${date}${language === 'zh' ? ' ' : ', '}${clock(ms, localZone())}`;
}
