/** One row of `user_tags` with what somebody has said of a tag by hand: rules and runs leave that alone. Pure. */
import { changedRow, entryIn, isExcluded, isManual, parseDetails } from './row.ts';
import { parseTagIds } from './tag-ids.ts';

/** `clear`: the rule decides again. */
export const OVERRIDE_KINDS = ['include', 'exclude', 'clear'] as const;
export type OverrideKind = (typeof OVERRIDE_KINDS)[number];

export interface Override {
  readonly tagId: number;
  readonly tagName: string;
  readonly kind: OverrideKind;
  readonly who: string;
  readonly reason: string;
  /** Day of it, `2026-11-22`. */
  readonly since: string;
  /** `clear`: the entry by which the user held the tag before; null: they did not hold it. */
  readonly before: string | null;
}

export type OverriddenRow =
  | { readonly kind: 'unreadable' }
  /** `before`: the entry `"7":{...}` by which a rule had given the tag; null: none had. */
  | { readonly kind: 'written'; readonly tagIds: string; readonly tagDetails: string; readonly before: string | null };

/**
 * A user who is included holds the tag whatever rules say; one who is excluded
 * does not, and an entry in tag_details keeps it so. Where that is cleared, an
 * inclusion leaves what was before it, and an exclusion nothing.
 */
export function overrideRow(tagIds: string | null, tagDetails: string | null, override: Override): OverriddenRow {
  const ids = parseTagIds(tagIds);
  const details = parseDetails(tagDetails);
  if (ids === undefined || details === undefined) return { kind: 'unreadable' };
  const { tagId, kind } = override;
  const held = new Set(ids);
  const entry = entryIn(details, tagId);
  const byRule = held.has(tagId) && (entry === undefined || !isManual(entry.value));
  const before = byRule ? (entry?.raw ?? `"${tagId}":{}`) : null;
  let own: string | null = null;
  if (kind === 'clear') {
    const byHand = entry !== undefined && isManual(entry.value);
    if (!byHand) own = entry?.raw ?? null;
    else if (!isExcluded(entry) && override.before !== null) own = override.before;
    else held.delete(tagId);
  } else {
    own = entryOf(override);
    if (kind === 'include') held.add(tagId);
    else held.delete(tagId);
  }
  const text = own;
  const row = changedRow(held, details, text === null ? [] : [tagId], () => text, text === null ? [tagId] : []);
  if (row.kind !== 'changed') return { kind: 'unreadable' };
  return { kind: 'written', tagIds: row.tagIds, tagDetails: row.tagDetails, before };
}

function entryOf({ tagId, tagName, kind, who, reason, since }: Override): string {
  const excluded = kind === 'exclude' ? { excluded: true } : {};
  return `"${tagId}":${JSON.stringify({ tag_name: tagName, reason, source: 'MANUAL', ...excluded, who, since })}`;
}
