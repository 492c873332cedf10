/** What a run pins beside its rules when it is made: uploaded lists as they stand, and which tags there are. */
import type { CatalogTag, NamedList } from '@tagmill/shared/fields';
import { INLINE_VALUES } from '@tagmill/shared/value-set';
import { readsOfRules } from '@tagmill/shared/rules/wide/rule-reads';
import type { PinnedRule, RunSpec } from '../core/run-spec.ts';
import type { NamedLists, StoredRule } from '../tagstore/metadata.ts';

const textsOf = (rule: PinnedRule): string[] => [
  rule.ruleJson,
  ...[...rule.onlyUsers, ...rule.onlyMatches].map((node) => JSON.stringify(node) ?? ''),
];

/** The run with its lists and tags. Errors: those of the database. */
export async function pinRun(spec: RunSpec, lists: NamedLists, rules: readonly StoredRule[]): Promise<RunSpec> {
  const reads = readsOfRules(spec.rules.flatMap(textsOf));
  return {
    ...spec,
    ...(reads.lists.length === 0 ? {} : { lists: await pinLists(lists, new Set(reads.lists)) }),
    ...(reads.tags.length + reads.histories.length === 0 ? {} : { tags: catalogTags(rules) }),
  };
}

/** Every list, so that a wrong name gets a suggestion; the values of short ones that the rules name. */
export async function pinLists(lists: NamedLists, named: ReadonlySet<string>): Promise<NamedList[]> {
  return await Promise.all(
    (await lists.all()).map(async ({ name, type, hash, count }) => ({
      name,
      type: { kind: type },
      values: named.has(name) && count <= INLINE_VALUES ? ((await lists.values(hash)) ?? []) : [],
      hash,
      count,
    })),
  );
}

/** The tags of the rules, each with those that it reads. */
export const catalogTags = (rules: readonly Pick<StoredRule, 'tagId' | 'ruleJson'>[]): CatalogTag[] =>
  rules.map(({ tagId, ruleJson }) => ({ id: String(tagId), reads: readsOfRules([ruleJson]).tags }));
