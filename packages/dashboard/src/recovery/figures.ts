/** Figures of a recovery report, in ms and counts. Pure: nothing is made up where the report is silent. */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';

/** A dispatch so long after everything was ready had nothing to do with the recovery: nothing was waiting. */
const DISPATCH_WAITED_MS = 5_000;

/** Where the story begins: the last entry before, or the start of the process. */
export const beginMs = ({ startedMs, steps }: RecoveryReport): number => Math.min(startedMs, ...steps.map((step) => step.startedMs));

/** End of the last step; null while one is under way, and before the first. */
export function readyMs({ steps }: RecoveryReport): number | null {
  let last: number | null = null;
  for (const { endedMs } of steps) {
    if (endedMs === null) return null;
    last = Math.max(last ?? endedMs, endedMs);
  }
  return last;
}

/** The first dispatch, when something was waiting for it. */
export function dispatchMs(report: RecoveryReport): number | null {
  const ready = readyMs(report);
  const { firstDispatchMs } = report;
  return firstDispatchMs !== null && (ready === null || firstDispatchMs <= ready + DISPATCH_WAITED_MS) ? firstDispatchMs : null;
}

/** How long nothing went on: up to the first dispatch, or until it was ready when nothing was waiting; null: not over yet. */
export function took(report: RecoveryReport): { readonly ms: number; readonly until: 'dispatch' | 'ready' } | null {
  if (report.outcome === 'recovering') return null;
  const dispatch = dispatchMs(report);
  if (dispatch !== null) return { ms: dispatch - beginMs(report), until: 'dispatch' };
  const ready = readyMs(report);
  return ready === null ? null : { ms: ready - beginMs(report), until: 'ready' };
}

/** Attempts of which nobody knows yet what became of them. */
export const openAttempts = ({ attempts }: RecoveryReport): number =>
  Math.max(0, attempts.running - attempts.kept - attempts.accepted - attempts.redone);

/** Whether something that was accepted is lost. */
export const isLossy = ({ entriesLost }: RecoveryReport): boolean => entriesLost === null || (entriesLost ?? 0) > 0;

/** Nothing was there to recover, and nothing that was there is gone. */
export const isFresh = (report: RecoveryReport): boolean => report.outcome === 'fresh' && !isLossy(report);
