/** A tag as it is explained or previewed: the rule that a run has pinned, or the live one over the newest tables. */
import { TagmillError } from '@tagmill/shared/errors';
import type { PassTag } from '@tagmill/shared/job';
import { checkWholeRule } from '@tagmill/shared/rules/check';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import { filtersOf, type FoundTagTask } from '@tagmill/shared/tag-task';
import type { Run } from '../../core/run.ts';
import type { PinnedRule } from '../../core/run-spec.ts';
import { SHIPPED_TASKS } from '../../config/shipped-tasks.ts';
import { judgePlan } from '../plan-verdict.ts';
import type { Hall } from '../running.ts';
import { type Basis, type BasisFinder, catalogOf } from './basis.ts';
import { noTag } from './version-answers.ts';

export interface Subject {
  readonly tag: PassTag;
  /** The rule as it is written, node for node; that of the tag is in one form for all that mean the same. */
  readonly rule: WholeRule;
  readonly basis: Basis;
}

/** The newest run that has the tag, or the named one. Errors: NOT_FOUND, TAG_NOT_FOUND, RULE_INVALID. */
export async function subjectOf(hall: Hall, finder: BasisFinder, tagId: number, runId: string | undefined): Promise<Subject> {
  const { runs } = hall.live().state;
  if (runId !== undefined) {
    const run = runs.get(runId);
    if (run === undefined) throw new TagmillError('NOT_FOUND', `there is no run ${runId.slice(0, 100)}; the newest 200 are kept`);
    return inRun(finder, run, tagId);
  }
  for (const run of [...runs.values()].reverse()) {
    if (run.passTags.has(tagId) && finder.of(run) !== undefined) return inRun(finder, run, tagId);
  }
  return await liveSubject(hall, await finder.newest(), tagId);
}

function inRun(finder: BasisFinder, run: Run, tagId: number): Subject {
  const basis = finder.of(run);
  const refused = run.refusedTags.get(tagId);
  if (refused !== undefined)
    throw new TagmillError('RULE_INVALID', `run ${run.id} did not evaluate tag ${tagId}: ${refused.code}: ${refused.message}`);
  const tag = run.passTags.get(tagId);
  if (basis === undefined) throw new TagmillError('NOT_FOUND', `run ${run.id} has no plan yet: wait for it, or name another run`);
  if (tag === undefined) throw new TagmillError('TAG_NOT_FOUND', `run ${run.id} does not compute tag ${tagId}`);
  const written = run.spec.rules.find((rule) => rule.tagId === tagId)?.ruleJson;
  return { tag, basis, rule: written === undefined ? tag.rule : writtenRule(written, basis, tag) };
}

/** What was judged sound is sound: the tag's own form is only for what no text is left of. */
const writtenRule = (text: string, basis: Basis, tag: PassTag): WholeRule =>
  checkWholeRule(text, catalogOf(basis), String(tag.tagId)).rule ?? tag.rule;

async function liveSubject(hall: Hall, basis: Basis, tagId: number): Promise<Subject> {
  const { database, tasks } = hall.live();
  const rule = (await database.metadata.versions.pinned(Date.now())).find((one) => one.tagId === tagId);
  if (rule === undefined) throw noTag(tagId);
  const tag = judged(hall, tasks, basis, rule);
  return { tag, basis, rule: writtenRule(rule.ruleJson, basis, tag) };
}

/** A rule of a tag as a run over these tables would take it, with what the tag's class adds. Errors: RULE_INVALID. */
export function judged(
  hall: Hall,
  tasks: readonly FoundTagTask[],
  basis: Basis,
  rule: Pick<PinnedRule, 'tagId' | 'ruleJson' | 'ruleVersion' | 'policy'> & { readonly tagName: string },
): PassTag {
  const found = tasks.find((one) => one.task.tagId === rule.tagId);
  const pinned: PinnedRule = {
    tagId: rule.tagId,
    name: rule.tagName,
    ruleJson: rule.ruleJson,
    ...(rule.ruleVersion === undefined ? {} : { ruleVersion: rule.ruleVersion }),
    ...(rule.policy === undefined ? {} : { policy: rule.policy }),
    requiredFields: found?.task.requiredFields ?? [],
    readsTables: found === undefined ? [] : tablesOf(found),
    ...(found !== undefined && hall.config.tasksDir === SHIPPED_TASKS ? { shipped: true } : {}),
    onlyUsers: filtersOf(found?.task.preprocess),
    onlyMatches: filtersOf(found?.task.postprocess),
  };
  const { tags } = judgePlan({ ...basis.head, rules: [pinned], users: null, days: null }, basis.plan, tasks);
  const [verdict] = tags;
  if (verdict?.ok === true) return verdict.tag;
  throw new TagmillError(
    'RULE_INVALID',
    `the rule of tag ${rule.tagId} is refused: ${verdict?.code ?? ''}: ${verdict?.message ?? 'it cannot be read'}`,
  );
}

const tablesOf = ({ task }: FoundTagTask): string[] => [
  task.dataSources.primary,
  ...(task.dataSources.secondary === null ? [] : [task.dataSources.secondary]),
];
