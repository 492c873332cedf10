/** All operators that read more than the user's row, in the order of the reference. */
import { avg } from './avg.ts';
import { changedSince } from './changed-since.ts';
import { countDistinct } from './count-distinct.ts';
import { count } from './count.ts';
import { daysActive } from './days-active.ts';
import { extremes } from './extremes.ts';
import { hadTagWithin } from './had-tag-within.ts';
import { hasTag } from './has-tag.ts';
import { increasedBy } from './increased-by.ts';
import { ntile } from './ntile.ts';
import { percentile } from './percentile.ts';
import { sum } from './sum.ts';
import { topN } from './top-n.ts';
import type { WideOperator } from './wide-operator.ts';

export const WIDE_OPERATORS: readonly WideOperator[] = [
  ...count,
  ...countDistinct,
  ...daysActive,
  ...sum,
  ...avg,
  ...extremes,
  ...changedSince,
  ...increasedBy,
  ...hasTag,
  ...hadTagWithin,
  ...topN,
  ...percentile,
  ...ntile,
];

const byName = new Map(WIDE_OPERATORS.map((operator) => [operator.name, operator]));

export const WIDE_OPERATOR_NAMES: readonly string[] = [...byName.keys()];

/** The operator of a name (exact, case-sensitive). */
export const findWideOperator = (name: string): WideOperator | null => byName.get(name) ?? null;
