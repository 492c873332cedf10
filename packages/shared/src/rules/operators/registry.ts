/** All operators, in the order of the reference. One more is a file in this folder and a line here. */
import type { Operator } from '../operator.ts';
import { after } from './after.ts';
import { anniversaryWithin } from './anniversary-within.ts';
import { before } from './before.ts';
import { bucket } from './bucket.ts';
import { containsAll } from './contains-all.ts';
import { containsAny } from './contains-any.ts';
import { contains } from './contains.ts';
import { dateBetween } from './date-between.ts';
import { daysAgoBetween } from './days-ago-between.ts';
import { daysAgo } from './days-ago.ts';
import { empty } from './empty.ts';
import { endsWith } from './ends-with.ts';
import { equal } from './equal.ts';
import { has } from './has.ts';
import { inRangeOperators } from './in-range.ts';
import { inListOperators } from './in-list.ts';
import { inOperators } from './in.ts';
import { length } from './length.ts';
import { matches } from './matches.ts';
import { nextDays } from './next-days.ts';
import { olderThanDays } from './older-than-days.ts';
import { on } from './on.ts';
import { order } from './order.ts';
import { periods } from './periods.ts';
import { presence } from './presence.ts';
import { ratio } from './ratio.ts';
import { recentDays } from './recent-days.ts';
import { size } from './size.ts';
import { startsWith } from './starts-with.ts';
import { truthOperators } from './truth.ts';

export const OPERATORS: readonly Operator[] = [
  ...presence,
  ...empty,
  ...equal,
  ...order,
  ...inOperators,
  ...inListOperators,
  ...inRangeOperators,
  ...contains,
  ...startsWith,
  ...endsWith,
  ...matches,
  ...length,
  ...truthOperators,
  ...on,
  ...before,
  ...after,
  ...dateBetween,
  ...recentDays,
  ...nextDays,
  ...daysAgo,
  ...olderThanDays,
  ...daysAgoBetween,
  ...periods,
  ...anniversaryWithin,
  ...has,
  ...containsAny,
  ...containsAll,
  ...size,
  ...ratio,
  ...bucket,
];

const byName = new Map<string, Operator>();
for (const operator of OPERATORS) {
  for (const name of [operator.name, ...operator.aliases]) {
    if (byName.has(name)) throw new Error(`two operators are named ${name}`);
    byName.set(name, operator);
  }
}

/** Every name and alias that a rule may use. */
export const OPERATOR_NAMES: readonly string[] = [...byName.keys()];

/** The operator of a name or alias (exact, case-sensitive). */
export const findOperator = (name: string): Operator | null => byName.get(name) ?? null;

/** The operator of a checked leaf. */
export function operatorOf(name: string): Operator {
  const operator = byName.get(name);
  if (operator === undefined) throw new Error(`no operator ${name}; only checked rules can be evaluated`);
  return operator;
}
