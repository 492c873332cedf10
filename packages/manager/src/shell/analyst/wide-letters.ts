/** What the conditions of a rule that read more than the user's row are for one user: asked of an executor, by the engine that runs use. */
import type { LettersJob } from '@tagmill/shared/question';
import type { PassJob, PassTag } from '@tagmill/shared/job';
import { canonicalText } from '@tagmill/shared/rules/canonical';
import { isWide } from '@tagmill/shared/rules/explain/tree';
import type { WholeRule, WideLeaf } from '@tagmill/shared/rules/normal';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { Truth } from '@tagmill/shared/rules/reference';

export interface WideAsked {
  readonly job: LettersJob;
  /** By place behind the first tag, which is the whole rule: the condition. */
  readonly keys: readonly string[];
}

/** The same condition in a rule as it is written and in the form that is evaluated. */
export function keyOfLeaf(leaf: WideLeaf): string {
  if (leaf.kind !== 'tag') return canonicalText(leaf);
  // By what a state of a tag goes is the pass's to say, not the rule's.
  const { basis: _, ...own } = leaf;
  return canonicalText(own);
}

export const hasWide = (rule: WholeRule): boolean => wholeLeavesOf(rule).some(isWide);

/** `job` is the pass that evaluated the tag. */
export function askWide(job: PassJob, tag: PassTag, user: string): WideAsked {
  const leaves = new Map(
    wholeLeavesOf(tag.rule)
      .filter(isWide)
      .map((leaf) => [keyOfLeaf(leaf), leaf]),
  );
  const parts = [...leaves.values()].map((rule) => ({ ...tag, rule, onlyUsers: [], onlyMatches: [] }));
  const tags = [tag, ...parts].map((one, index) => ({ ...one, tagId: index + 1 }));
  const pass: PassJob = { ...job, runId: `explain-${job.runId}`, users: { kind: 'list', users: [user] }, tags };
  return { job: { pass }, keys: [...leaves.keys()] };
}

export interface WideAnswer {
  /** The engine asked the rule for this user. */
  readonly evaluated: boolean;
  truthOf(leaf: WideLeaf): Truth;
}

export function wideAnswer({ keys }: WideAsked, letters: readonly (Truth | null)[]): WideAnswer {
  const [whole, ...parts] = letters;
  const byKey = new Map(keys.map((key, index) => [key, parts[index] ?? 'U']));
  return { evaluated: whole !== null && whole !== undefined, truthOf: (leaf) => byKey.get(keyOfLeaf(leaf)) ?? 'U' };
}
