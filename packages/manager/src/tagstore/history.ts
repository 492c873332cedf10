/** Who held tags at some time, from who holds them now and the recorded changes, read backwards. */
import { decodeChanges } from '@tagmill/shared/merge/changes';
import type { HistoryAsked, HistoryFound } from './metadata.ts';
import type { ChangeRow } from './sql-database.ts';

interface Open {
  readonly asked: HistoryAsked;
  /** Who holds it at the time that the reading has come to. */
  readonly held: Set<string>;
  /** Who held it at `toMs`, or has got or lost it since `fromMs`. */
  readonly had: Set<string>;
  /** The reading is still behind `toMs`. */
  behind: boolean;
}

/**
 * @param changes recorded ones of a time and later, the newest first
 * @param beginsMs when the oldest that is recorded was made; null: none is
 */
export async function collectHistory(
  asked: readonly HistoryAsked[],
  now: ReadonlyMap<number, readonly string[]>,
  changes: (sinceMs: number) => AsyncIterable<ChangeRow>,
  beginsMs: number | null,
): Promise<readonly HistoryFound[]> {
  const open = asked.map((one): Open => ({ asked: one, held: new Set(now.get(one.tag)), had: new Set(), behind: true }));
  const first = Math.min(...asked.map(({ fromMs }) => fromMs));
  for await (const { atMs, block } of changes(first)) {
    const { users } = decodeChanges(block);
    for (const one of open) {
      arrive(one, atMs);
      for (const { userId, entered, exited } of users) {
        if (entered.includes(one.asked.tag)) take(one, userId, atMs, true);
        else if (exited.includes(one.asked.tag)) take(one, userId, atMs, false);
      }
    }
  }
  return open.map((one) => {
    arrive(one, Number.NEGATIVE_INFINITY);
    return { ...one.asked, users: [...one.had], whole: beginsMs !== null && beginsMs <= one.asked.fromMs };
  });
}

/** The reading comes to a time: who holds it at the end of the window has held it in the window. */
function arrive(one: Open, atMs: number): void {
  if (!one.behind || atMs > one.asked.toMs) return;
  one.behind = false;
  for (const user of one.held) one.had.add(user);
}

function take(one: Open, user: string, atMs: number, entered: boolean): void {
  if (!one.behind) {
    // Before the window it says nothing; in it, who got the tag had it from then on, and who lost it had it until then.
    if (atMs > one.asked.fromMs || (entered && atMs === one.asked.fromMs)) one.had.add(user);
    return;
  }
  if (entered) one.held.delete(user);
  else one.held.add(user);
}
