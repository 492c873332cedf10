/** What `length` and `size` share: a whole number made of x, compared as `compare` says. */
import type { NormalLeaf } from './normal.ts';
import { compared } from './operand.ts';
import { listOf, type Operator, pairOf, textOf } from './operator.ts';
import { type Comparison, orderHolds, type Value } from './values.ts';

/** `compare` takes these and their aliases. */
export const COMPARES = ['=', '!=', '>', '>=', '<', '<=', 'in_range', 'not_in_range'] as const;
const COMPARE_ALIASES: Readonly<Record<string, string>> = { '<>': '!=', between: 'in_range' };

/** Canonical name of a `compare`, or null when there is none of that name. */
export function compareNamed(name: string): string | null {
  const canonical = Object.hasOwn(COMPARE_ALIASES, name) ? COMPARE_ALIASES[name]! : name;
  return (COMPARES as readonly string[]).includes(canonical) ? canonical : null;
}

/** Whether a number of things compares as a leaf says. */
export function countHolds(count: number, leaf: Pick<NormalLeaf, 'operator' | 'value' | 'compare'>): boolean {
  if (leaf.compare === 'in_range' || leaf.compare === 'not_in_range') {
    const [low, high] = pairOf(leaf);
    return (count >= Number(low) && count <= Number(high)) === (leaf.compare === 'in_range');
  }
  return orderHolds(Math.sign(count - Number(textOf(leaf))), leaf.compare as Comparison);
}

function countSql(count: string, leaf: NormalLeaf): string {
  const literal = (text: string): string => `CAST('${Number(text)}' AS BIGINT)`;
  if (leaf.compare === 'in_range' || leaf.compare === 'not_in_range') {
    const [low, high] = listOf(leaf);
    const inside = `(${count} >= ${literal(low ?? '')} AND ${count} <= ${literal(high ?? '')})`;
    return leaf.compare === 'in_range' ? inside : `(NOT ${inside})`;
  }
  return `(${count} ${leaf.compare === '!=' ? '<>' : leaf.compare} ${literal(textOf(leaf))})`;
}

interface Counted extends Pick<Operator, 'name' | 'group' | 'types' | 'meaning' | 'label' | 'example'> {
  count(value: Value): number;
  countSql(column: string): string;
}

export function countedOperator(own: Counted): Operator {
  const { count, countSql: counted, ...rest } = own;
  return {
    ...rest,
    aliases: [],
    operand: compared('a whole number of 0 or more, or [low, high]'),
    keys: ['compare', 'missing'],
    evaluate: (value, leaf) => countHolds(count(value), leaf),
    sql: (column, leaf) => countSql(counted(column), leaf),
  };
}
