/** Long lists in a rule that the reference is to evaluate: their values are in the database, the rule has their hash. */
import type { NormalRule, WholeRule } from '@tagmill/shared/rules/normal';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import type { NamedLists } from '../../tagstore/metadata.ts';

type Filled = <Rule extends WholeRule>(rule: Rule) => Rule;

/** Gives what fills in the values of all long lists that the rules look in; a list that is not kept any more stays as it is: unknown. */
export async function longLists(rules: readonly WholeRule[], lists: NamedLists): Promise<Filled> {
  const values = new Map<string, readonly string[]>();
  for (const leaf of rules.flatMap(wholeLeavesOf)) {
    if ('kind' in leaf || leaf.itemsHash === undefined || values.has(leaf.itemsHash)) continue;
    const found = await lists.values(leaf.itemsHash);
    if (found !== undefined) values.set(leaf.itemsHash, found);
  }
  if (values.size === 0) return (rule) => rule;
  const fill = (rule: WholeRule): WholeRule => {
    if ('logic' in rule) return { ...rule, conditions: rule.conditions.map(fill) };
    const items = 'kind' in rule || rule.itemsHash === undefined ? undefined : values.get(rule.itemsHash);
    if (items === undefined) return rule;
    const { itemsHash: _, ...own } = rule as Exclude<NormalRule, { readonly logic: unknown }>;
    return { ...own, items };
  };
  return fill as Filled;
}
