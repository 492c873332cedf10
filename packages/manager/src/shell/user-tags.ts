/** The row of a user in `user_tags` as people read it. */
import type { UserTagsAnswer } from '@tagmill/shared/api/tag-overview';
import { entryIn, isExcluded, parseDetails } from '@tagmill/shared/merge/row';
import { parseTagIds } from '@tagmill/shared/merge/tag-ids';
import type { StoredUserTags } from '../tagstore/metadata.ts';

type HeldTag = UserTagsAnswer['tags'][number];

/** `names`: of the tags that there are, by id. */
export function userTags(userId: string, row: StoredUserTags | undefined, names: ReadonlyMap<number, string>): UserTagsAnswer {
  const ids = row === undefined ? [] : parseTagIds(row.tagIds);
  const details = row === undefined ? [] : parseDetails(row.tagDetails);
  const readable = ids !== undefined && details !== undefined;
  const tagOf = (tagId: number): HeldTag => heldTag(tagId, names, entryIn(details ?? [], tagId)?.value);
  const excluded = (details ?? []).filter((entry) => /^\d+$/.test(entry.key) && isExcluded(entry)).map((entry) => Number(entry.key));
  return {
    user_id: userId,
    found: row !== undefined,
    readable,
    tags: (ids ?? []).map(tagOf),
    excluded: excluded.map(tagOf),
  };
}

function heldTag(tagId: number, names: ReadonlyMap<number, string>, entry: string | undefined): HeldTag {
  const parsed: unknown = entry === undefined ? {} : JSON.parse(entry);
  const said = (typeof parsed === 'object' && parsed !== null ? parsed : {}) as Readonly<Record<string, unknown>>;
  const text = (key: string): string | null => (typeof said[key] === 'string' ? said[key] : null);
  const version = said['rule_version'];
  return {
    tag_id: tagId,
    tag_name: names.get(tagId) ?? text('tag_name'),
    source: text('source'),
    since: text('since'),
    reason: text('reason'),
    who: text('who'),
    rule_version: typeof version === 'number' && Number.isInteger(version) ? version : null,
  };
}
