/** What a run does to a user, by what the rule gives and who holds the tag. Pure. */
import type { Move } from '@tagmill/shared/question';

/** T, F, U, not evaluated. */
export const [T, F, U, NONE] = [0, 1, 2, 3] as const;
export type Outcome = typeof T | typeof F | typeof U | typeof NONE;

/** What a merge does to a user (`merge/row.ts`): what was set by hand stands over the rule. `loses`: a holder who is UNKNOWN does. */
export function moveOf(own: Outcome, holds: boolean, byHand: Outcome, loses: boolean): Move | undefined {
  if (own === NONE) return undefined;
  if (own === U && !(holds && byHand !== T && loses)) return 'unknown';
  if (!holds) return own === T && byHand !== F ? 'enter' : undefined;
  return own === T || byHand === T ? 'stay' : 'exit';
}
