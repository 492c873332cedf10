/** Who holds the tags whose state rules read, kept by content when the run is planned: one answer for every shard and attempt. */
import type { TagHolders } from '@tagmill/shared/job';
import { readsOfRules } from '@tagmill/shared/rules/wide/rule-reads';
import type { RunHead } from '../core/run-spec.ts';
import type { TagMetadata } from '../tagstore/metadata.ts';

/** Tags whose state the rules of a run read, ascending; none for most runs. */
export const tagsRead = (spec: RunHead): readonly string[] => readsOfRules(spec.rules.map((rule) => rule.ruleJson)).tags;

/** Errors: those of the database; USAGE when more users hold a tag than can be sent. */
export async function pinHolders(tags: readonly string[], metadata: TagMetadata, atMs: number): Promise<TagHolders[]> {
  const holders = await metadata.holdersOf(tags.map(Number));
  const pinned: TagHolders[] = [];
  for (const tag of tags) {
    const { held, manual } = holders.get(Number(tag)) ?? { held: [], manual: [] };
    pinned.push({ tag, held: await metadata.lists.keep(held, atMs), manual: await metadata.lists.keep(manual, atMs) });
  }
  return pinned;
}
