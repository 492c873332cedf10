/**
 * The reference evaluator: plain, slow and obvious. Every other engine is held
 * to it by the corpus and by random rules.
 */
import type { CatalogField, RunClock } from '../fields.ts';
import type { Group, Missing, NormalLeaf, NormalRule } from './normal.ts';
import { operatorOf } from './operators/registry.ts';
import { type Cell, readCell, type Value } from './values.ts';

export type { Cell } from './values.ts';

/** TRUE, FALSE, UNKNOWN. */
export type Truth = 'T' | 'F' | 'U';

const not = (truth: Truth): Truth => (truth === 'T' ? 'F' : truth === 'F' ? 'T' : 'U');

const and = (truths: readonly Truth[]): Truth => (truths.includes('F') ? 'F' : truths.includes('U') ? 'U' : 'T');

const or = (truths: readonly Truth[]): Truth => (truths.includes('T') ? 'T' : truths.includes('U') ? 'U' : 'F');

function atLeast(truths: readonly Truth[], k: number): Truth {
  const certain = truths.filter((truth) => truth === 'T').length;
  const possible = truths.filter((truth) => truth !== 'F').length;
  return certain >= k ? 'T' : possible < k ? 'F' : 'U';
}

/** What a group makes of the results of its conditions. */
export function groupTruth(group: Group<unknown>, truths: readonly Truth[]): Truth {
  if (truths.length === 0) throw new Error('a group without conditions; only checked rules can be evaluated');
  switch (group.logic) {
    case 'AND':
      return and(truths);
    case 'OR':
      return or(truths);
    case 'NOT':
    case 'NONE':
      return not(or(truths));
    case 'NOT_ALL':
      return not(and(truths));
    case 'AT_LEAST':
      return atLeast(truths, group.k ?? truths.length);
  }
}

/** What a leaf gives without an answer of its own. */
export const missingTruth = (missing: Missing): Truth => (missing === 'match' ? 'T' : missing === 'no_match' ? 'F' : 'U');

/** What one leaf gives for a row, `missing` applied; `valueIn` gives null for a missing value. */
export function leafTruth(leaf: NormalLeaf, valueIn: (field: CatalogField) => Value | null, clock: RunClock): Truth {
  const operator = operatorOf(leaf.operator);
  const value = valueIn(leaf.field);
  if (value === null && operator.onMissing !== undefined) return operator.onMissing ? 'T' : 'F';
  const other = leaf.other === undefined ? undefined : valueIn(leaf.other);
  if (value === null || other === null) return missingTruth(leaf.missing);
  const holds = operator.evaluate(value, leaf, clock, other);
  return holds === null ? missingTruth(leaf.missing) : holds ? 'T' : 'F';
}

/**
 * What a checked rule gives for a row.
 *
 * @param row the cell of a field; undefined for an absent column or row
 */
export function evaluateRule(rule: NormalRule, row: (field: CatalogField) => Cell, clock: RunClock): Truth {
  if ('logic' in rule) {
    const truths = rule.conditions.map((condition) => evaluateRule(condition, row, clock));
    return groupTruth(rule, truths);
  }
  return leafTruth(rule, (field) => readCell(field, row(field), clock), clock);
}
