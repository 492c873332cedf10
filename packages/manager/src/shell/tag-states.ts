/** What a pass brings of the tags whose state its tags read: their rules as an earlier pass has evaluated them, and who held them. */
import type { PassTag, TagHolders, UpstreamTag } from '@tagmill/shared/job';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { Pass } from '../core/pass.ts';
import type { Run } from '../core/run.ts';

/** What a condition on a tag goes by where no pass has evaluated it: `user_tags`, or only what was set by hand. */
export const [STORED, UNKNOWN] = [0, -1] as const;

interface Found {
  readonly tags: readonly PassTag[];
  readonly upstream: readonly UpstreamTag[];
  readonly holders: readonly TagHolders[];
}

/** By what a rule's conditions on tags go; and the rule of a tag that pass `pass` has evaluated, with what its own go by. */
interface Behind {
  basis(tagId: number): number;
  of(tagId: number, pass: number): { readonly tag: PassTag; readonly behind: Behind } | undefined;
}

/** The rules with the basis of each condition on a tag, and every rule that stands behind one. */
function collect(tags: readonly PassTag[], first: Behind, holders: readonly TagHolders[]): Found {
  const upstream = new Map<string, UpstreamTag>();
  const read = new Set<string>();
  const take = (rule: WholeRule, behind: Behind): WholeRule => {
    const own = annotated(rule, behind);
    for (const leaf of wholeLeavesOf(own)) {
      if (!('kind' in leaf) || leaf.kind !== 'tag') continue;
      read.add(leaf.tag);
      if (leaf.operator === 'had_tag_within') continue;
      const [key, pass] = [`${leaf.tag} ${leaf.basis}`, leaf.basis ?? -1];
      const found = pass <= 0 || upstream.has(key) ? undefined : behind.of(Number(leaf.tag), pass);
      if (found === undefined) continue;
      const { reads, onlyUsers, onlyMatches } = found.tag;
      upstream.set(key, { tag: leaf.tag, pass, rule: take(found.tag.rule, found.behind), reads, onlyUsers, onlyMatches });
    }
    return own;
  };
  const own = tags.map((tag) => ({ ...tag, rule: take(tag.rule, first) }));
  return { tags: own, upstream: [...upstream.values()], holders: holders.filter(({ tag }) => read.has(tag)) };
}

function annotated(rule: WholeRule, behind: Behind): WholeRule {
  if ('logic' in rule) return { ...rule, conditions: rule.conditions.map((child) => annotated(child, behind)) };
  return 'kind' in rule && rule.kind === 'tag' && rule.operator !== 'had_tag_within'
    ? { ...rule, basis: behind.basis(Number(rule.tag)) }
    : rule;
}

/** The tags of a pass of a run. */
export function withTagStates(run: Run, pass: Pass, tags: readonly PassTag[]): Found {
  const holders = run.plan?.holders ?? [];
  if (holders.length === 0) return { tags, upstream: [], holders: [] };
  const behind = (of: Pass): Behind => {
    const basis = new Map(of.basis);
    return {
      basis: (tagId) => basis.get(tagId) ?? UNKNOWN,
      of(tagId, number) {
        const [before, tag] = [run.passes[number - 1], run.passTags.get(tagId)];
        return before === undefined || tag === undefined ? undefined : { tag, behind: behind(before) };
      },
    };
  };
  return collect(tags, behind(pass), holders);
}

/**
 * Tags as the next run of all would find them: others by their live rules.
 *
 * @param live the tag of a live rule; null where the tables refuse it, undefined where there is none
 */
export function withLiveTags(
  tags: readonly PassTag[],
  live: (tagId: number) => PassTag | null | undefined,
  holders: readonly TagHolders[],
): Found {
  const behind: Behind = {
    basis(tagId) {
      const tag = live(tagId);
      return tag === undefined ? STORED : tag === null ? UNKNOWN : 1;
    },
    of(tagId) {
      const tag = live(tagId);
      return tag === undefined || tag === null ? undefined : { tag, behind };
    },
  };
  return collect(tags, behind, holders);
}
