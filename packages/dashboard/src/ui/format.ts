/** Numbers, durations and times as the page writes them. Times are ms since 1970. */
export type Language = 'en' | 'zh';

const pad = (value: number): string => String(value).padStart(2, '0');

/** `2.4s`, `45s`, `4m 12s`, `1h 03m`. */
export function duration(ms: number): string {
  const safeMs = Math.max(0, ms);
  if (safeMs < 9_950) return `${(safeMs / 1_000).toFixed(1)}s`;
  const seconds = Math.round(safeMs / 1_000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${pad(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h ${pad(minutes % 60)}m`;
}

/** Seconds with one decimal: `0.2`. */
export const seconds = (ms: number): string => (Math.max(0, ms) / 1_000).toFixed(1);

/** `12,345`. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** A signed count with a true minus sign: `+412`, `−97`. */
export const signed = (value: number, sign: '+' | '−'): string => (value === 0 ? '0' : `${sign}${count(value)}`);

/** `1.2 GB`. */
export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let rest = value;
  let unit = 0;
  while (rest >= 1_000 && unit < units.length - 1) {
    rest /= 1_000;
    unit += 1;
  }
  return `${rest >= 100 || unit === 0 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

/** A business date `2026-11-20` as `20 Nov 2026` or, in Chinese, as it is. */
export function businessDate(date: string, language: Language): string {
  if (language === 'zh') return date;
  const parsed = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(parsed.getTime())) return date;
  return `${parsed.getUTCDate()} ${parsed.toLocaleString('en-GB', { month: 'short', timeZone: 'UTC' })} ${parsed.getUTCFullYear()}`;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Time of day `00:43:59` in a zone; an unknown zone gives UTC. */
export function clock(atMs: number, timeZone: string): string {
  let format = clocks.get(timeZone);
  if (format === undefined) {
    format = clockFormat(timeZone);
    clocks.set(timeZone, format);
  }
  return format.format(atMs);
}

function clockFormat(timeZone: string): Intl.DateTimeFormat {
  const options = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  try {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' });
  }
}

/** A sentence of the manager with a capital letter; a name at its start, such as user_tags, stays as it is. */
export const sentence = (text: string): string => (/^[a-z]+[\s,:;]/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text);
