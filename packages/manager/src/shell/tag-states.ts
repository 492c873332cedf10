/** What a pass brings of the tags whose state its tags read: their rules as an earlier pass has evaluated them, and who held them. */
import type { PassTag, TagHolders, UpstreamTag } from '@tagmill/shared/job';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { Pass } from '../core/pass.ts';
import type { Run } from '../core/run.ts';

interface Found {
  readonly tags: readonly PassTag[];
  readonly upstream: readonly UpstreamTag[];
  readonly holders: readonly TagHolders[];
}

/** The tags of a pass, each condition on a tag with its basis, and all that stands behind it. */
export function withTagStates(run: Run, pass: Pass, tags: readonly PassTag[]): Found {
  if (pass.basis.length === 0) return { tags, upstream: [], holders: [] };
  const upstream = new Map<string, UpstreamTag>();
  const read = new Set<string>();
  const annotated = (rule: WholeRule, basis: ReadonlyMap<number, number>): WholeRule => {
    if ('logic' in rule) return { ...rule, conditions: rule.conditions.map((child) => annotated(child, basis)) };
    return 'kind' in rule && rule.kind === 'tag' ? { ...rule, basis: basis.get(Number(rule.tag)) ?? -1 } : rule;
  };
  const take = (rule: WholeRule, of: Pass): WholeRule => {
    const own = annotated(rule, new Map(of.basis));
    for (const leaf of wholeLeavesOf(own)) {
      if (!('kind' in leaf) || leaf.kind !== 'tag') continue;
      read.add(leaf.tag);
      const [key, number] = [`${leaf.tag} ${leaf.basis}`, leaf.basis ?? -1];
      const [before, tag] = [run.passes[number - 1], run.passTags.get(Number(leaf.tag))];
      if (number <= 0 || upstream.has(key) || before === undefined || tag === undefined) continue;
      const { reads, onlyUsers, onlyMatches } = tag;
      upstream.set(key, { tag: leaf.tag, pass: number, rule: take(tag.rule, before), reads, onlyUsers, onlyMatches });
    }
    return own;
  };
  const own = tags.map((tag) => ({ ...tag, rule: take(tag.rule, pass) }));
  const holders = (run.plan?.holders ?? []).filter(({ tag }) => read.has(tag));
  return { tags: own, upstream: [...upstream.values()], holders };
}
