/** Who holds, and has held, the tags that rules read, kept by content when the run is planned: one answer for every shard and attempt. */
import type { RunClock } from '@tagmill/shared/fields';
import type { TagHolders } from '@tagmill/shared/job';
import { historyWindow } from '@tagmill/shared/rules/wide/had-tag-within';
import { readsOfRules, type RuleReads } from '@tagmill/shared/rules/wide/rule-reads';
import type { RunHead } from '../core/run-spec.ts';
import type { DueAsked, TagMetadata } from '../tagstore/metadata.ts';

export type TagsRead = Pick<RuleReads, 'tags' | 'histories'>;

/** Tags that the rules of a run read; none for most runs. */
export const tagsRead = (spec: RunHead): TagsRead => readsOfRules(spec.rules.map((rule) => rule.ruleJson));

/** Stands for a tag whose holders are those who are due to lose another; no tag has this id. */
export const DUE_TAG = '0';

/** Errors: those of the database; USAGE when more users hold a tag than can be sent. */
export async function pinHolders(
  { tags, histories }: TagsRead,
  clock: RunClock,
  metadata: TagMetadata,
  atMs: number,
  due?: DueAsked,
): Promise<TagHolders[]> {
  const all = [...new Set([...tags, ...histories.map(({ tag }) => tag)])].map(Number).sort((a, b) => a - b);
  if (all.length === 0) return [];
  const holders = await metadata.holdersOf(all, due);
  const asked = histories.map(({ tag, days }) => {
    const { start, end } = historyWindow(days, clock);
    return { tag: Number(tag), days, fromMs: Number(start / 1000n), toMs: Number(end / 1000n) };
  });
  const found = asked.length === 0 ? [] : await metadata.historyOf(asked, holders);
  const keep = (users: readonly string[]): Promise<string> => metadata.lists.keep(users, atMs);
  const pinned: TagHolders[] = [];
  for (const tag of all) {
    const { held, manual, excluded = [] } = holders.get(tag) ?? { held: [], manual: [] };
    const own = [];
    for (const one of found) if (one.tag === tag) own.push({ days: one.days, had: await keep(one.users), whole: one.whole });
    pinned.push({
      tag: String(tag),
      held: await keep(held),
      manual: await keep(manual),
      ...(excluded.length === 0 ? {} : { excluded: await keep(excluded) }),
      ...(own.length === 0 ? {} : { histories: own }),
    });
  }
  const losing = due === undefined ? undefined : holders.get(due.tag)?.due;
  if (losing !== undefined) pinned.push({ tag: DUE_TAG, held: await keep(losing), manual: await keep([]) });
  return pinned;
}
