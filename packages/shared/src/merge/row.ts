/** One row of `user_tags` merged with what a run found for its user. Pure. */
import { type JsonEntry, joinJsonObject, splitJsonObject } from './json-object.ts';
import { formatTagIds, parseTagIds } from './tag-ids.ts';
import { markIn, nextMark, sameMark, type UnknownMark, withMark } from './unknown-mark.ts';

/** What a run says of one user; tags in neither list are UNKNOWN or not evaluated and stay as they are. */
export interface RowFindings {
  readonly matched: readonly number[];
  readonly notMatched: readonly number[];
  /** The text `"7":{...}` that a tag gets in tag_details when the user enters it. */
  readonly entryOf: (tagId: number) => string;
  /** Of the tags whose unknowns are counted; absent: there are none. */
  readonly counting?: UnknownCounting;
}

/** Tags that holders for whom the rule is UNKNOWN keep for some runs. */
export interface UnknownCounting {
  /** Business date of the run. */
  readonly day: string;
  readonly unknown: readonly number[];
  /** Matched: what was counted of them is forgotten. */
  readonly known: readonly number[];
  readonly runsOf: (tagId: number) => number;
}

/** What was counted of a tag before, and is now. */
export interface MarkChange {
  readonly tagId: number;
  readonly before: UnknownMark | null;
  readonly after: UnknownMark | null;
}

export type RowMerge =
  | { readonly kind: 'unchanged' }
  /** tag_ids or tag_details hold something that is neither ours nor the source system's: left alone. */
  | { readonly kind: 'unreadable' }
  | {
      readonly kind: 'changed';
      readonly tagIds: string;
      readonly tagDetails: string;
      /** Ascending. */
      readonly entered: readonly number[];
      readonly exited: readonly number[];
      /** By position in `exited`: the entry `"7":{...}` that went with the tag; null: it had none. */
      readonly exitedEntries: readonly (string | null)[];
      /** Tags held before and now, of whose runs more or nothing is counted; absent: none. */
      readonly marked?: readonly MarkChange[];
    };

const UNCHANGED: RowMerge = { kind: 'unchanged' };
const UNREADABLE: RowMerge = { kind: 'unreadable' };

/**
 * Final tags = held, less those that were not matched and were not set by hand,
 * plus those matched that the user was not excluded from by hand. A tag whose unknowns are counted goes when they
 * are more than it allows. Order and spacing of the stored text are no difference; a row whose last tag goes stays with `[]`.
 */
export function mergeRow(tagIds: string | null, tagDetails: string | null, findings: RowFindings): RowMerge {
  const ids = parseTagIds(tagIds);
  if (ids === undefined) return UNREADABLE;
  const held = new Set(ids);
  const { counting } = findings;
  const missing = findings.matched.filter((id) => !held.has(id));
  const leaving = findings.notMatched.filter((id) => held.has(id));
  const counted = counting === undefined ? [] : [...counting.unknown, ...counting.known].filter((id) => held.has(id));
  if (missing.length + leaving.length + counted.length === 0) return UNCHANGED;
  const details = parseDetails(tagDetails);
  if (details === undefined) return UNREADABLE;
  const isHeldByHand = (id: number): boolean => {
    const entry = entryIn(details, id);
    return entry !== undefined && isManual(entry.value);
  };
  const entered = missing.filter((id) => !isExcluded(entryIn(details, id)));
  const exited = leaving.filter((id) => !isHeldByHand(id));
  const marked: MarkChange[] = [];
  for (const tagId of counted) {
    const before = markIn(entryIn(details, tagId)?.value);
    const after = counting!.unknown.includes(tagId) && !isHeldByHand(tagId) ? nextMark(before, counting!.day) : null;
    if (after !== null && after.runs > counting!.runsOf(tagId)) exited.push(tagId);
    else if (!sameMark(before, after)) marked.push({ tagId, before, after });
  }
  if (entered.length + exited.length + marked.length === 0) return UNCHANGED;
  for (const id of exited) held.delete(id);
  for (const id of entered) held.add(id);
  const ascending = (a: number, b: number): number => a - b;
  return changedRow(held, details, entered.sort(ascending), findings.entryOf, exited.sort(ascending), marked);
}

/** The texts of a row that holds `held` now, and what they replace. `entryOf` null: the tag gets no entry. */
export function changedRow(
  held: ReadonlySet<number>,
  details: readonly JsonEntry[],
  entered: readonly number[],
  entryOf: (tagId: number) => string | null,
  exited: readonly number[],
  marks: readonly MarkChange[] = [],
): RowMerge {
  const marked = marks.filter(({ tagId, after }) => withMark(entryIn(details, tagId)?.value, after) !== undefined);
  if (entered.length + exited.length + marked.length === 0) return UNCHANGED;
  const replaced = new Set([...entered, ...exited, ...marked.map(({ tagId }) => tagId)].map(String));
  const kept = details.filter((entry) => !replaced.has(entry.key)).map((entry) => entry.raw);
  const remade = marked.flatMap(({ tagId, after }) => {
    const value = withMark(entryIn(details, tagId)?.value, after);
    return typeof value === 'string' ? [`"${tagId}":${value}`] : [];
  });
  const fresh = entered.map(entryOf).filter((entry) => entry !== null);
  return {
    kind: 'changed',
    tagIds: formatTagIds(held),
    tagDetails: joinJsonObject([...kept, ...remade, ...fresh]),
    entered,
    exited,
    exitedEntries: exited.map((id) => entryIn(details, id)?.raw ?? null),
    ...(marked.length === 0 ? {} : { marked }),
  };
}

/** The entry of a tag; the last one where its key is repeated, as everybody reads it. */
export const entryIn = (details: readonly JsonEntry[], tagId: number): JsonEntry | undefined =>
  details.findLast((entry) => entry.key === String(tagId));

/** Nothing, `null` and the empty array that some languages write for an empty object are no entries. */
export function parseDetails(text: string | null): JsonEntry[] | undefined {
  if (text === null || /^\s*(null|\[\s*\])?\s*$/.test(text)) return [];
  return splitJsonObject(text);
}

/** Whether an entry says that the tag was set by hand. */
export function isManual(value: string): boolean {
  const parsed: unknown = JSON.parse(value);
  return typeof parsed === 'object' && parsed !== null && 'source' in parsed && parsed.source === 'MANUAL';
}

/** Whether an entry says that somebody has excluded the user from the tag; such a tag is not held. */
export function isExcluded(entry: JsonEntry | undefined): boolean {
  if (entry === undefined || !isManual(entry.value)) return false;
  return (JSON.parse(entry.value) as { readonly excluded?: unknown }).excluded === true;
}
