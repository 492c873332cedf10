/** What a tag allows of a run before one row of it is written, and what the check of a run found beyond that. */

export const UNKNOWN_POLICIES = ['keep', 'remove', 'keep_for'] as const;
export type UnknownPolicy = (typeof UNKNOWN_POLICIES)[number];

/** The most runs that a holder may be UNKNOWN and keep the tag. */
export const MOST_KEEP_FOR_RUNS = 1_000;

/** A share as a number from 0 to 1 (of a move: from 0 on). */
export interface TagPolicy {
  /** What becomes of holders whose result is UNKNOWN: they keep the tag, lose it, or keep it for some runs. */
  readonly unknown: UnknownPolicy;
  /** Of `keep_for`: runs, of business dates one after the other, in which a holder may be UNKNOWN and keep the tag. */
  readonly keepForRuns?: number;
  /** Share of the evaluated users whose result may be UNKNOWN; absent: any. */
  readonly maxUnknownShare?: number;
  /** Share of its last size by which the tag may grow or shrink while its rule is the same; absent: any. */
  readonly maxMove?: number;
}

/** The most that a move may be allowed to be. */
export const MOST_MOVE = 1_000;

export const BREACH_LIMITS = ['max_unknown_share', 'max_move'] as const;
export type BreachLimit = (typeof BREACH_LIMITS)[number];

/** A tag that was held at the check: what its pass counted, and which limits that is beyond. */
export interface TagBreach {
  readonly evaluated: number;
  readonly matched: number;
  readonly unknown: number;
  /** Matched users of the last successful run with the same rule, and that run; null: there is none. */
  readonly before: number | null;
  readonly beforeRun: string | null;
  readonly exceeded: readonly { readonly limit: BreachLimit; readonly allowed: number; readonly actual: number }[];
  /** Who let it go on; null: nobody has yet. */
  readonly releasedBy: string | null;
}

export interface LastSize {
  readonly runId: string;
  readonly matched: number;
}

/** What a pass counted of a tag. */
export interface CheckedCounts {
  readonly evaluated: number;
  readonly matched: number;
  readonly unknown: number;
}

/** Shares are compared in whole millionths: 29 of 100 is not beyond 0.29. */
const millionths = (share: number): number => Math.round(share * 1_000_000);
const beyond = (part: number, whole: number, share: number): boolean => part * 1_000_000 > millionths(share) * whole;

/** The limits of a policy that counts are beyond; null: none. */
export function breachOf(policy: TagPolicy, counts: CheckedCounts, last: LastSize | null): TagBreach | null {
  const exceeded: { limit: BreachLimit; allowed: number; actual: number }[] = [];
  const { evaluated, matched, unknown } = counts;
  if (policy.maxUnknownShare !== undefined && beyond(unknown, evaluated, policy.maxUnknownShare))
    exceeded.push({ limit: 'max_unknown_share', allowed: policy.maxUnknownShare, actual: unknown / Math.max(1, evaluated) });
  if (policy.maxMove !== undefined && last !== null) {
    // From nobody to one is a move by the whole.
    const [move, from] = [Math.abs(matched - last.matched), Math.max(1, last.matched)];
    if (beyond(move, from, policy.maxMove)) exceeded.push({ limit: 'max_move', allowed: policy.maxMove, actual: move / from });
  }
  if (exceeded.length === 0) return null;
  return { evaluated, matched, unknown, before: last?.matched ?? null, beforeRun: last?.runId ?? null, exceeded, releasedBy: null };
}

/** Whether two passes were held for the same reason. */
export const sameBreach = (a: TagBreach, b: TagBreach): boolean =>
  a.evaluated === b.evaluated &&
  a.matched === b.matched &&
  a.unknown === b.unknown &&
  b.exceeded.every(({ limit }) => a.exceeded.some((one) => one.limit === limit));

/** What was breached, with its numbers: `matches 900 users and 300 in the last run (...)`. */
export function breachSentence(breach: TagBreach): string {
  return breach.exceeded
    .map(({ limit, allowed, actual }) =>
      limit === 'max_unknown_share'
        ? `${breach.unknown} of ${breach.evaluated} users are UNKNOWN (${percent(actual)}; ${percent(allowed)} are allowed)`
        : `it matches ${breach.matched} users where the last run with this rule matched ${breach.before} (a move of ${percent(actual)}; ${percent(allowed)} is allowed)`,
    )
    .join(', and ');
}

const percent = (share: number): string => `${Number((share * 100).toFixed(share < 0.001 ? 4 : 1))} %`;
