/** The rules of a pass, leaf by leaf. */
import type { PassJob } from '@tagmill/shared/job';
import type { NormalLeaf, WholeRule, WideLeaf } from '@tagmill/shared/rules/normal';

/** All rules that may read more than the user's row. */
export const rulesOf = (job: PassJob): readonly WholeRule[] => [...job.tags, ...(job.upstream ?? [])].map((tag) => tag.rule);

/** The job with every leaf replaced by what `leaf` makes of it. */
export function mapRules(job: PassJob, leaf: (leaf: NormalLeaf | WideLeaf) => WholeRule): PassJob {
  const map = (rule: WholeRule): WholeRule => ('logic' in rule ? { ...rule, conditions: rule.conditions.map(map) } : leaf(rule));
  const mapped = <Tag extends { readonly rule: WholeRule }>(tag: Tag): Tag => ({ ...tag, rule: map(tag.rule) });
  const { upstream } = job;
  return { ...job, tags: job.tags.map(mapped), ...(upstream === undefined ? {} : { upstream: upstream.map(mapped) }) };
}
