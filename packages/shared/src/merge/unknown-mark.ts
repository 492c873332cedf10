/**
 * For how many runs a holder has been UNKNOWN: kept in the tag's own entry of
 * `tag_details` while that lasts, so that whoever goes on needs nothing else.
 * Runs of one business date count once: a repeated run changes nothing. Pure.
 */
import { joinJsonObject, splitJsonObject } from './json-object.ts';

export interface UnknownMark {
  /** Runs, from 1. */
  readonly runs: number;
  /** Business date of the newest of them. */
  readonly on: string;
}

const RUNS = 'unknown_runs';
const ON = 'unknown_on';

/** Part of every entry with a mark, and of few other texts. */
export const MARK_TEXT = RUNS;

const isMark = ({ key }: { readonly key: string }): boolean => key === RUNS || key === ON;

/** The mark in an entry's value; null: there is none, or none that can be read. */
export function markIn(value: string | undefined): UnknownMark | null {
  if (value?.includes(RUNS) !== true) return null;
  const parsed: unknown = JSON.parse(value);
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { [RUNS]: runs, [ON]: on } = parsed as Readonly<Record<string, unknown>>;
  return typeof runs === 'number' && Number.isSafeInteger(runs) && runs > 0 && typeof on === 'string' ? { runs, on } : null;
}

/** The mark after a run of a day in which the user is UNKNOWN too. A run for a day that has been, or was before, does not count. */
export function nextMark(mark: UnknownMark | null, day: string): UnknownMark {
  if (mark === null) return { runs: 1, on: day };
  return day > mark.on ? { runs: mark.runs + 1, on: day } : mark;
}

/** An entry's value with another mark, or without; null: nothing is left of it. Undefined: it is no object, and has no room for one. */
export function withMark(value: string | undefined, mark: UnknownMark | null): string | null | undefined {
  const entries = value === undefined ? [] : splitJsonObject(value);
  if (entries === undefined) return undefined;
  const kept = entries.filter((entry) => !isMark(entry)).map(({ raw }) => raw);
  const own = mark === null ? [] : [`"${RUNS}":${mark.runs}`, `"${ON}":${JSON.stringify(mark.on)}`];
  return kept.length + own.length === 0 ? null : joinJsonObject([...kept, ...own]);
}

export const sameMark = (a: UnknownMark | null, b: UnknownMark | null): boolean => a?.runs === b?.runs && a?.on === b?.on;
