/** One row of `user_tags` merged with what a run found for its user. Pure. */
import { type JsonEntry, joinJsonObject, splitJsonObject } from './json-object.ts';
import { formatTagIds, parseTagIds } from './tag-ids.ts';

/** What a run says of one user; tags in neither list are UNKNOWN or not evaluated and stay as they are. */
export interface RowFindings {
  readonly matched: readonly number[];
  readonly notMatched: readonly number[];
  /** The text `"7":{...}` that a tag gets in tag_details when the user enters it. */
  readonly entryOf: (tagId: number) => string;
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
    };

const UNCHANGED: RowMerge = { kind: 'unchanged' };
const UNREADABLE: RowMerge = { kind: 'unreadable' };

/**
 * Final tags = held, less those that were not matched and were not set by hand,
 * plus those matched that the user was not excluded from by hand. Order and spacing of the stored text are no difference; a
 * row whose last tag goes stays with `[]`.
 */
export function mergeRow(tagIds: string | null, tagDetails: string | null, findings: RowFindings): RowMerge {
  const ids = parseTagIds(tagIds);
  if (ids === undefined) return UNREADABLE;
  const held = new Set(ids);
  const missing = findings.matched.filter((id) => !held.has(id));
  const leaving = findings.notMatched.filter((id) => held.has(id));
  if (missing.length === 0 && leaving.length === 0) return UNCHANGED;
  const details = parseDetails(tagDetails);
  if (details === undefined) return UNREADABLE;
  const entered = missing.filter((id) => !isExcluded(entryIn(details, id)));
  const leavingKeys = new Set(leaving.map(String));
  const byHand = new Set(details.filter((entry) => leavingKeys.has(entry.key) && isManual(entry.value)).map((entry) => entry.key));
  const exited = leaving.filter((id) => !byHand.has(String(id)));
  if (entered.length === 0 && exited.length === 0) return UNCHANGED;
  for (const id of exited) held.delete(id);
  for (const id of entered) held.add(id);
  const ascending = (a: number, b: number): number => a - b;
  return changedRow(held, details, entered.sort(ascending), findings.entryOf, exited.sort(ascending));
}

/** The texts of a row that holds `held` now, and what they replace. `entryOf` null: the tag gets no entry. */
export function changedRow(
  held: ReadonlySet<number>,
  details: readonly JsonEntry[],
  entered: readonly number[],
  entryOf: (tagId: number) => string | null,
  exited: readonly number[],
): RowMerge {
  const replaced = new Set([...entered, ...exited].map(String));
  const kept = details.filter((entry) => !replaced.has(entry.key)).map((entry) => entry.raw);
  const fresh = entered.map(entryOf).filter((entry) => entry !== null);
  return {
    kind: 'changed',
    tagIds: formatTagIds(held),
    tagDetails: joinJsonObject([...kept, ...fresh]),
    entered,
    exited,
    exitedEntries: exited.map((id) => entryIn(details, id)?.raw ?? null),
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
