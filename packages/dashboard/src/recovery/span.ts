import { duration } from '../ui/format.ts';

/** A short time to read at a glance: `40 ms`, `6.4 s`, `4m 12s`. */
export function span(ms: number): string {
  if (ms < 100) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 59_950 ? `${(ms / 1_000).toFixed(1)} s` : duration(ms);
}
