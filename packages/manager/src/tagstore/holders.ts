/** Users who hold tags, found in one reading of `user_tags`. */
import { entryIn, isManual, parseDetails } from '@tagmill/shared/merge/row';
import { parseTagIds } from '@tagmill/shared/merge/tag-ids';
import { markIn, nextMark } from '@tagmill/shared/merge/unknown-mark';
import type { DueAsked, TagHolding } from './metadata.ts';
import type { DetailedRow } from './sql-database.ts';

/** Rows that cannot be read count for nobody. */
export async function collectHolders(
  rows: AsyncIterable<DetailedRow>,
  tags: readonly number[],
  due?: DueAsked,
): Promise<Map<number, TagHolding>> {
  const found = new Map(tags.map((tag) => [tag, { held: [] as string[], manual: [] as string[] }]));
  const losing: string[] = [];
  for await (const { userId, tagIds, tagDetails } of rows) {
    const ids = parseTagIds(tagIds) ?? [];
    const own = ids.filter((id) => found.has(id));
    if (own.length === 0) continue;
    const details = parseDetails(tagDetails) ?? [];
    for (const tag of own) {
      const holding = found.get(tag)!;
      holding.held.push(userId);
      const entry = entryIn(details, tag);
      if (entry !== undefined && isManual(entry.value)) holding.manual.push(userId);
      if (tag === due?.tag && nextMark(markIn(entry?.value), due.day).runs > due.keepForRuns) losing.push(userId);
    }
  }
  const holding = due === undefined ? undefined : found.get(due.tag);
  return due === undefined || holding === undefined
    ? found
    : new Map<number, TagHolding>([...found, [due.tag, { ...holding, due: losing }]]);
}

/** A condition that every row with one of the tags meets, and few others do. */
export const likelyHolders = (tags: readonly number[]): string =>
  tags.map((tag) => `CAST(tag_ids AS CHAR) LIKE '%${Math.trunc(tag)}%'`).join(' OR ');
