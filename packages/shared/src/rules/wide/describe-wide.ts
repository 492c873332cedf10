/** Conditions that read more than the user's row, as short lines for people. */
import type { EventWindow, NormalOperand, WholeRule, WideLeaf } from '../normal.ts';

const MISSING_WORDS = { unknown: '', match: ' or is unknown', no_match: '' } as const;

function operandText(value: NormalOperand | undefined, compare: string): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return ` ${String(value)}`;
  return compare.endsWith('in_range') ? ` ${value.join(' to ')}` : ` (${value.slice(0, 20).join(', ')}${value.length > 20 ? ', ...' : ''})`;
}

function windowText(window: EventWindow | undefined): string {
  if (window === undefined) return '';
  if ('last_days' in window) return ` in the last ${window.last_days} days`;
  if ('last_months' in window) return ` in the last ${window.last_months} months`;
  if ('days_ago' in window) return ` ${window.days_ago[0]} to ${window.days_ago[1]} days ago`;
  return 'period' in window ? ` in ${window.period.replaceAll('_', ' ')}` : ` from ${window.from} to ${window.to}`;
}

/** @param ruleText a rule of a filter as text */
export function wideLeafText(leaf: WideLeaf, ruleText: (rule: WholeRule) => string): string {
  return `${textOf(leaf, ruleText)}${MISSING_WORDS[leaf.missing]}`;
}

function textOf(leaf: WideLeaf, ruleText: (rule: WholeRule) => string): string {
  const operator = leaf.operator.replaceAll('_', ' ');
  switch (leaf.kind) {
    case 'aggregate': {
      const of = leaf.field === undefined ? leaf.table.name : `${leaf.table.name}.${leaf.field.name}`;
      const filter = leaf.filter === undefined ? '' : ` where ${ruleText(leaf.filter)}`;
      const compare = leaf.compare.replaceAll('_', ' ');
      return `${operator} of ${of}${filter}${windowText(leaf.window)} ${compare}${operandText(leaf.value, leaf.compare)}`;
    }
    case 'change': {
      const by = leaf.value === undefined ? '' : ` ${leaf.value}${leaf.unit === 'percent' ? ' %' : ''}`;
      return `${leaf.field.name} ${operator}${by} ${leaf.since === 'previous' ? 'the previous run' : leaf.since}`;
    }
    case 'tag':
      return `${operator} ${leaf.tag}${leaf.days === undefined ? '' : ` ${leaf.days} days`}`;
    case 'population': {
      const compare = leaf.compare === undefined ? '' : `${leaf.compare} `;
      const tiles = leaf.tiles === undefined ? '' : ` of ${leaf.tiles}`;
      return `${leaf.field.name} ${compare}${operator}${operandText(leaf.value, '')}${tiles}${leaf.order === undefined ? '' : ` ${leaf.order}`}`;
    }
  }
}
