/** Rules on their examples: a few hundred of a large rule take their time. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TestAnswer } from '@tagmill/shared/api/rules';
import { TagmillError } from '@tagmill/shared/errors';
import { describeRule } from '@tagmill/shared/rules/describe';
import { type ExamplesReport, examplesInSteps, type RuleExample } from '@tagmill/shared/rules/examples';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import { type Basis, catalogOf, shownBasis } from './basis.ts';

/** Errors: EXAMPLE_BROKEN with all results. */
export async function passingExamples(rule: WholeRule, basis: Basis, examples: readonly RuleExample[]): Promise<ExamplesReport> {
  const report = await examplesReport(rule, basis, examples);
  const broken = report.results.filter((result) => !result.ok);
  const [first] = broken;
  if (first === undefined) return report;
  const why = first.problem ?? `it gives ${first.got} instead of ${first.expect}`;
  throw new TagmillError(
    'EXAMPLE_BROKEN',
    `${broken.length} of ${report.results.length} examples do not hold, nothing is saved: “${first.name}”: ${why}`,
    { results: report.results },
  );
}

/** A few hundred examples of a large rule take their time, and the manager has other work. */
async function examplesReport(rule: WholeRule, basis: Basis, examples: readonly RuleExample[]): Promise<ExamplesReport> {
  const steps = examplesInSteps(rule, catalogOf(basis), examples, basis.clock);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await nextTurn();
  }
}

export async function testAnswer(rule: WholeRule, basis: Basis, examples: readonly RuleExample[]): Promise<TestAnswer> {
  const { results, undecided } = await examplesReport(rule, basis, examples);
  return {
    ok: results.every((result) => result.ok),
    results: [...results],
    undecided: undecided.map((path) => ({ path, words: wordsAt(rule, path) })),
    basis: shownBasis(basis),
  };
}

/** The condition at a path, in words. */
export function wordsAt(rule: WholeRule, path: string): string {
  let node: WholeRule | undefined = rule;
  for (const [, index] of path.matchAll(/\/conditions\/(\d+)/g))
    node = node !== undefined && 'logic' in node ? node.conditions[Number(index)] : undefined;
  return node === undefined ? path : describeRule(node);
}
