/** The check of a rule as an answer, and as the refusal of one that is broken. */
import type { CheckAnswer, RuleFault } from '@tagmill/shared/api/rules';
import { TagmillError } from '@tagmill/shared/errors';
import type { FieldCatalog } from '@tagmill/shared/fields';
import { LIMITS } from '@tagmill/shared/limits';
import { checkWholeRule, type WholeCheckResult } from '@tagmill/shared/rules/check';
import type { RuleError, RuleWarning } from '@tagmill/shared/rules/codes';
import { describeRule } from '@tagmill/shared/rules/describe';
import { lintRule } from '@tagmill/shared/rules/lint';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import { wholeLeavesOf } from '@tagmill/shared/rules/reads';
import { type Basis, catalogOf, shownBasis } from './basis.ts';

/** The JSON text of a rule in a body. Errors: USAGE when there is none, RULE_INVALID when it is nested too deep to be written. */
export function ruleText(rule: unknown): string {
  if (rule === undefined) throw new TagmillError('USAGE', 'the body has no `rule`');
  if (typeof rule === 'string') return rule;
  try {
    return JSON.stringify(rule);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TagmillError(
      'RULE_INVALID',
      `RULE_TOO_DEEP: the rule is nested thousands deep; ${LIMITS.ruleDepth} groups are allowed`,
      {},
      error,
    );
  }
}

/** As runs check it, with what can be told of it without data. */
export function checkAgainst(text: string, catalog: FieldCatalog, tagId?: number): WholeCheckResult {
  const result = checkWholeRule(text, catalog, tagId === undefined ? undefined : String(tagId));
  if (result.rule === null) return result;
  return { ...result, warnings: [...result.warnings, ...lintRule(result.rule)] };
}

const NEAR = /did you mean `([^`]+)`\?$/;

export function faultOf({ code, path, message, hint }: RuleError): RuleFault {
  const suggestion = NEAR.exec(message)?.[1];
  return { code, path, message, ...(hint === undefined ? {} : { hint }), ...(suggestion === undefined ? {} : { suggestion }) };
}

export function checkAnswer(text: string, basis: Basis, tagId?: number): CheckAnswer {
  const { rule, errors, warnings, runErrors = [] } = checkAgainst(text, catalogOf(basis), tagId);
  return {
    ok: errors.length === 0 && rule !== null,
    errors: errors.map(faultOf),
    warnings: [...warnings, ...runErrors].map(({ code, path, message }) => ({ code, path, message })),
    words: rule === null ? null : describeRule(rule),
    reads: rule === null ? [] : readsOf(rule),
    basis: shownBasis(basis),
  };
}

/** Every field that a rule reads, by table. */
export function readsOf(rule: WholeRule): CheckAnswer['reads'] {
  const tables = new Map<string, Set<string>>();
  const add = (table: string, field: string): void => void tables.set(table, (tables.get(table) ?? new Set()).add(field));
  for (const leaf of wholeLeavesOf(rule)) {
    if (!('kind' in leaf)) {
      add(leaf.field.table, leaf.field.name);
      if (leaf.other !== undefined) add(leaf.other.table, leaf.other.name);
    } else if (leaf.kind === 'aggregate') add(leaf.table.name, leaf.field?.name ?? leaf.table.time);
    else if (leaf.kind !== 'tag') add(leaf.field.table, leaf.field.name);
  }
  return [...tables].map(([table, fields]) => ({ table, fields: [...fields] }));
}

export interface SoundRule {
  readonly rule: WholeRule;
  readonly warnings: readonly RuleWarning[];
}

/** Errors: RULE_INVALID with all faults in its facts. */
export function soundRule(text: string, basis: Basis, tagId: number | undefined, what = 'nothing is saved'): SoundRule {
  const { rule, errors, warnings } = checkAgainst(text, catalogOf(basis), tagId);
  if (rule !== null && errors.length === 0) return { rule, warnings };
  const [first] = errors;
  const count = errors.length === 1 ? '1 error' : `${errors.length} errors`;
  const told =
    first === undefined ? 'it cannot be read' : `${first.code} at ${first.path === '' ? 'the whole rule' : first.path}: ${first.message}`;
  throw new TagmillError('RULE_INVALID', `the rule has ${count} and ${what}: ${told}`, {
    errors: errors.map(faultOf),
    warnings: [...warnings],
  });
}
