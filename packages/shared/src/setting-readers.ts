/** Readers of single settings, used by flags, environment and files alike. Each throws an Error that says what to write. */
import { TagmillError } from './errors.ts';
import type { TablesLocation } from './job.ts';

export const asText = (written: string): string => {
  if (written === '') throw new Error('it is empty');
  return written;
};

export function asBoolean(written: string): boolean {
  if (/^(true|yes|on|1)$/i.test(written)) return true;
  if (/^(false|no|off|0)$/i.test(written)) return false;
  throw new Error(`\`${written}\` is neither true nor false`);
}

/** A reader of whole numbers in [least, most]. */
export const wholeNumber =
  (least: number, most: number) =>
  (written: string): number => {
    const value = /^[0-9][0-9_,]*$/.test(written) ? Number(written.replaceAll(/[_,]/g, '')) : Number.NaN;
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new Error(`\`${written}\` is not a whole number from ${least.toLocaleString('en-US')} to ${most.toLocaleString('en-US')}`);
    }
    return value;
  };

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** `512M`, `1GiB`, `1073741824`: bytes, units of 1024. */
export function asSizeBytes(written: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(written.trim());
  const value = found === null ? Number.NaN : Math.floor(Number(found[1]) * (SIZE_UNITS[found[2]!.toLowerCase()] ?? Number.NaN));
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`\`${written}\` is not a size; write 512M or 2GiB`);
  return value;
}

const TIME_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `250ms`, `9s`, `5m`: milliseconds. */
export function asDurationMs(written: string): number {
  const found = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(written.trim());
  const value = found === null ? Number.NaN : Math.round(Number(found[1]) * TIME_UNITS[found[2]!]!);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`\`${written}\` is not a duration; write 250ms, 9s or 5m`);
  return value;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, `[::1]:PORT`; port 0 takes any free one. */
export function asAddress(written: string): Address {
  const found = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s]+):(\d{1,5})$/.exec(written);
  const port = Number(found?.[2]);
  if (found === null || port > 65_535) throw new Error(`\`${written}\` is no address; write HOST:PORT, such as 127.0.0.1:8080`);
  return { host: found[1]!.replace(/^\[(.*)\]$/, '$1'), port };
}

export const isLoopbackHost = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/** A time zone that this machine knows, by its IANA name. */
export function asTimeZone(written: string): string {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: written }).resolvedOptions().timeZone === '' ? 'UTC' : written;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error(`\`${written}\` is no known time zone; write a name such as Asia/Shanghai or UTC`);
  }
}

/** `YYYY-MM-DD`, a day that exists. */
export function asDay(written: string): string {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(written);
  const time = found === null ? Number.NaN : Date.parse(`${written}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== written)
    throw new Error(`\`${written}\` is no day; write YYYY-MM-DD`);
  return written;
}

/** A day, or an instant with its offset (RFC 3339). */
export function asDayOrInstant(written: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(written)) return asDay(written);
  const form = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/;
  if (!form.test(written) || Number.isNaN(Date.parse(written.replace(' ', 'T')))) {
    throw new Error(`\`${written}\` is neither a day (YYYY-MM-DD) nor an instant (2026-11-22T18:00:00+08:00)`);
  }
  return written;
}

/** One of a few words. */
export const asOneOf =
  <Word extends string>(words: readonly Word[]) =>
  (written: string): Word => {
    const found = words.find((word) => word === written);
    if (found === undefined) throw new Error(`\`${written}\` is none of ${words.join(', ')}`);
    return found;
  };

/** `1,3,10`: tag ids, in the order written, without repeats. */
export function asTagIds(written: string): readonly number[] {
  const ids = written.split(',').map((part) => {
    const text = part.trim();
    const id = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(id >= 1 && id <= 2_147_483_647)) throw new Error(`\`${text}\` is no tag id; write whole numbers with commas, such as 1,3`);
    return id;
  });
  return [...new Set(ids)];
}

/** `k=v` pairs, separated by commas when several are in one text. */
export function asLabels(written: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  for (const pair of written.split(',')) {
    const found = /^\s*([A-Za-z0-9][A-Za-z0-9_.-]{0,62})=([^=]{0,200})\s*$/.exec(pair);
    if (found === null) throw new Error(`\`${pair}\` is no label; write name=value, such as zone=b`);
    labels[found[1]!] = found[2]!;
  }
  return labels;
}

export interface TablesText {
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** `s3://bucket/prefix`, or the path of a folder (kept as written). Throws USAGE. */
export function parseTablesUrl(written: string, s3: TablesText = {}): TablesLocation {
  if (written === '') throw new TagmillError('USAGE', 'the place of the tables is empty; write a folder or s3://bucket/prefix');
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(written)?.[1]?.toLowerCase();
  if (scheme === 'file') return { kind: 'folder', path: decodeURIComponent(new URL(written).pathname) };
  if (scheme === undefined) return { kind: 'folder', path: written };
  const found = /^s3a?:\/\/([a-z0-9][a-z0-9._-]{1,62})(?:\/(.*))?$/i.exec(written);
  if (found === null) throw new TagmillError('USAGE', `tables at \`${written}\` cannot be read; write a folder or s3://bucket/prefix`);
  const prefix = (found[2] ?? '')
    .split('/')
    .filter((part) => part !== '')
    .join('/');
  const { endpoint, region } = s3;
  return {
    kind: 's3',
    bucket: found[1]!,
    prefix,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
  };
}

/** `http://host:port` of an S3 server. */
export function asHttpUrl(written: string): string {
  let url: URL;
  try {
    url = new URL(written);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error(`\`${written}\` is no address; write http://HOST:PORT or https://HOST`);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`\`${written}\` is neither http:// nor https://`);
  return written.replace(/\/+$/, '');
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

export function asLogLevel(written: string): string {
  if (!LEVELS.includes(written)) throw new Error(`\`${written}\` is no level; write one of ${LEVELS.join(', ')}`);
  return written;
}
