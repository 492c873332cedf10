/** The reference evaluator of the whole language: plain, slow and obvious, one user at a time. */
import type { WholeRule, WideLeaf } from '../normal.ts';
import { groupTruth, leafTruth, missingTruth, type Truth } from '../reference.ts';
import { findWideOperator } from './registry.ts';
import type { World } from './world.ts';

/** What a leaf gives that reads more than the user's row. */
export function wideTruth(leaf: WideLeaf, user: string, world: World): Truth {
  const operator = findWideOperator(leaf.operator);
  if (operator === null) throw new Error(`no operator ${leaf.operator}; only checked rules can be evaluated`);
  const holds = operator.evaluate(leaf, user, world);
  return holds === null ? missingTruth(leaf.missing) : holds ? 'T' : 'F';
}

/** What a checked rule gives for a user. */
export function evaluateWhole(rule: WholeRule, user: string, world: World): Truth {
  if ('kind' in rule) return wideTruth(rule, user, world);
  if (!('logic' in rule)) return leafTruth(rule, (field) => world.value(user, field), world.clock);
  const truths = rule.conditions.map((condition) => evaluateWhole(condition, user, world));
  return groupTruth(rule, truths);
}
