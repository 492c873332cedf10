/** Quotients compared with literals, without dividing: the order of a quotient to a literal is that of two products. */
import type { NormalLeaf } from './normal.ts';
import { listOf, textOf } from './operator.ts';
import { type Comparison, orderHolds } from './values.ts';

type QuotientLeaf = Pick<NormalLeaf, 'operator' | 'value' | 'compare'>;

export const isRange = (leaf: QuotientLeaf): boolean => leaf.compare === 'in_range' || leaf.compare === 'not_in_range';

/** Whether a quotient compares as the leaf says; `order` is that of the quotient to a literal. */
export function quotientHolds(leaf: QuotientLeaf, order: (literal: string) => number): boolean {
  if (!isRange(leaf)) return orderHolds(order(textOf(leaf)), leaf.compare as Comparison);
  const [low, high] = listOf(leaf);
  return (order(low ?? '') >= 0 && order(high ?? '') <= 0) === (leaf.compare === 'in_range');
}
