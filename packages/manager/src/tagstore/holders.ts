/** Users who hold tags, found in one reading of `user_tags`. */
import { entryIn, isManual, parseDetails } from '@tagmill/shared/merge/row';
import { parseTagIds } from '@tagmill/shared/merge/tag-ids';
import { markIn } from '@tagmill/shared/merge/unknown-mark';
import type { Holder } from './metadata.ts';
import type { DetailedRow } from './sql-database.ts';

/** Rows that cannot be read count for nobody. */
export async function tellHolders(
  rows: AsyncIterable<DetailedRow>,
  tags: readonly number[],
  see: (holder: Holder) => Promise<void> | undefined,
): Promise<void> {
  const wanted = new Set(tags);
  for await (const { userId, tagIds, tagDetails } of rows) {
    const own = (parseTagIds(tagIds) ?? []).filter((id) => wanted.has(id));
    if (own.length === 0) continue;
    const details = parseDetails(tagDetails) ?? [];
    for (const tag of own) {
      const entry = entryIn(details, tag);
      const told = see({ tag, userId, byHand: entry !== undefined && isManual(entry.value), mark: markIn(entry?.value) });
      if (told !== undefined) await told;
    }
  }
}

/** A condition that every row with one of the tags meets, and few others do. */
export const likelyHolders = (tags: readonly number[]): string =>
  tags.map((tag) => `CAST(tag_ids AS CHAR) LIKE '%${Math.trunc(tag)}%'`).join(' OR ');
