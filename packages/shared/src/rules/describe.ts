/** A rule as one short line for people: the `reason` of a tag. */
import type { Group, NormalLeaf, WholeRule } from './normal.ts';
import { operatorOf } from './operators/registry.ts';
import { wideLeafText } from './wide/describe-wide.ts';

/** Longest description, in characters. */
const DESCRIPTION_LENGTH = 200;

const MISSING_WORDS = { unknown: '', match: ' or is missing', no_match: '' } as const;

/** ` balance × 2 + 5`: the other field and its arithmetic. */
function otherText({ other, factor, plus }: NormalLeaf): string {
  if (other === undefined) return '';
  const sum = plus === undefined ? '' : plus.startsWith('-') ? ` - ${plus.slice(1)}` : ` + ${plus}`;
  return ` ${other.name}${factor === undefined ? '' : ` × ${factor}`}${sum}`;
}

function operandText(leaf: NormalLeaf): string {
  const { value } = leaf;
  if (value === undefined) return '';
  if (typeof value === 'string') return value === '' ? " ''" : ` ${value}`;
  if (typeof value === 'boolean') return ` ${value}`;
  const kind = operatorOf(leaf.operator).operand.name;
  const items = value.slice(0, 20).map((item) => (item === '' ? "''" : item));
  if (kind === 'pair' || leaf.compare?.endsWith('in_range') === true) return ` ${items.join(' to ')}`;
  return ` (${items.join(', ')}${value.length > items.length ? ', ...' : ''})`;
}

function leafText(leaf: NormalLeaf): string {
  const compare = leaf.compare === undefined ? '' : ` ${leaf.compare.replaceAll('_', ' ')}`;
  const operator = leaf.operator.replaceAll('_', ' ');
  if (leaf.salt !== undefined) return `bucket ${leaf.salt}${operandText(leaf)}`;
  if (leaf.operator === 'ratio')
    return `${leaf.field.name} /${otherText(leaf)}${compare}${operandText(leaf)}${MISSING_WORDS[leaf.missing]}`;
  const fold = leaf.case === 'fold' ? ' (any case)' : '';
  return `${leaf.field.name} ${operator}${compare}${otherText(leaf)}${operandText(leaf)}${fold}${MISSING_WORDS[leaf.missing]}`;
}

/** Texts that come twice are told once: the key asked of several tables, and what says nothing new. */
function joined(group: Group<WholeRule>, word: string): string {
  const texts = group.conditions.map((child) =>
    'logic' in child && child.conditions.length > 1 ? `(${ruleText(child)})` : ruleText(child),
  );
  return [...new Set(texts)].join(` ${word} `);
}

function ruleText(rule: WholeRule): string {
  if ('kind' in rule) return wideLeafText(rule, ruleText);
  if (!('logic' in rule)) return leafText(rule);
  switch (rule.logic) {
    case 'AND':
      return joined(rule, 'and');
    case 'OR':
      return joined(rule, 'or');
    case 'NOT':
    case 'NONE':
      return `not (${joined(rule, 'or')})`;
    case 'NOT_ALL':
      return `not (${joined(rule, 'and')})`;
    case 'AT_LEAST':
      return `at least ${rule.k} of (${rule.conditions.map(ruleText).join('; ')})`;
  }
}

/** Readable text such as `user_level in (VIP2, VIP3) and kyc_status = verified`, cut at 200 characters. */
export function describeRule(rule: WholeRule): string {
  const points = Array.from(ruleText(rule));
  return points.length <= DESCRIPTION_LENGTH ? points.join('') : `${points.slice(0, DESCRIPTION_LENGTH - 3).join('')}...`;
}
