/**
 * One form for rules that mean the same by their shape alone: sorted and
 * deduplicated conditions and lists, groups in groups of the same kind drawn
 * together, no group around a single condition. It gives the same T, F and U
 * for every row; what a rule means by its values (a range that holds another)
 * is not looked at.
 */
import type { Group, NormalLeaf, NormalOperand, WholeRule, WideLeaf } from './normal.ts';

/** Operators whose list is a set: order and repeats mean nothing. */
const SETS = new Set(['in', 'not_in', 'contains_any', 'not_contains_any', 'contains_all', 'ntile']);

type Logic = Group<WholeRule>['logic'];

/** The one form of a checked rule. */
export function canonicalRule(rule: WholeRule): WholeRule {
  if (!('logic' in rule)) return canonicalLeaf(rule);
  const children = rule.conditions.map(canonicalRule);
  switch (rule.logic) {
    case 'AND':
    case 'OR':
      return joined(rule.logic, children);
    case 'NOT':
    case 'NONE':
      return negated(joined('OR', children));
    case 'NOT_ALL':
      return negated(joined('AND', children));
    case 'AT_LEAST': {
      const k = rule.k ?? children.length;
      if (k === 1) return joined('OR', children);
      if (k === children.length) return joined('AND', children);
      // A condition that stands there twice counts twice.
      return { logic: 'AT_LEAST', k, conditions: sorted(children) };
    }
  }
}

/** Text that two rules have in common when they mean the same by their shape; of it a hash is made. */
export const canonicalText = (rule: WholeRule): string => textOf(canonicalRule(rule));

function joined(logic: 'AND' | 'OR', children: readonly WholeRule[]): WholeRule {
  const flat = children.flatMap((child) => ('logic' in child && child.logic === logic ? child.conditions : [child]));
  const unique = sorted(flat).filter((child, i, all) => i === 0 || textOf(child) !== textOf(all[i - 1]!));
  return unique.length === 1 ? unique[0]! : { logic, conditions: unique };
}

const NEGATIONS: Readonly<Partial<Record<Logic, Logic>>> = { AND: 'NOT_ALL', OR: 'NONE', NOT_ALL: 'AND', NONE: 'OR' };

function negated(rule: WholeRule): WholeRule {
  if (!('logic' in rule)) return { logic: 'NOT', conditions: [rule] };
  if (rule.logic === 'NOT') return rule.conditions[0]!;
  const logic = NEGATIONS[rule.logic];
  return logic === undefined ? { logic: 'NOT', conditions: [rule] } : { logic, conditions: rule.conditions };
}

function canonicalLeaf(leaf: NormalLeaf | WideLeaf): NormalLeaf | WideLeaf {
  if ('kind' in leaf && leaf.kind === 'aggregate') {
    // Its filter is a rule over one table, and stays one.
    return leaf.filter === undefined ? leaf : { ...leaf, filter: canonicalRule(leaf.filter) as typeof leaf.filter };
  }
  if (!('value' in leaf) || !Array.isArray(leaf.value) || !SETS.has(leaf.operator)) return leaf;
  return { ...leaf, value: setOf(leaf.value as readonly string[]) };
}

const setOf = (items: readonly string[]): NormalOperand => [...new Set(items)].sort((a, b) => (a < b ? -1 : 1));

function sorted(rules: readonly WholeRule[]): WholeRule[] {
  return rules
    .map((rule) => ({ rule, text: textOf(rule) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ rule }) => rule);
}

/** JSON with sorted keys; fields by table and name alone, since the rest of the catalogue is not the rule. */
function textOf(rule: WholeRule): string {
  return JSON.stringify(rule, (key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    if (key === 'field' || key === 'other') {
      const { table, name, type } = value as { readonly table: string; readonly name: string; readonly type: unknown };
      return { name, table, type };
    }
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
