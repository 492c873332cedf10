import { toTagmillError } from './errors.ts';

/** A server that does not answer is tried for so long before a command ends with 75 (interfaces.md). */
export const REACH_FOR_MS = 30_000;
const FIRST_PAUSE_MS = 250;
const MOST_PAUSE_MS = 3_000;

/**
 * Calls `reach` until it does not throw an error that another try may help
 * (`retry` in the registry), for `forMs`; then throws that error. `waiting` is
 * told once, when the first try failed.
 */
export async function untilReachable<T>(reach: () => Promise<T>, waiting: (why: string) => void, forMs = REACH_FOR_MS): Promise<T> {
  const startedMs = performance.now();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MOST_PAUSE_MS, pauseMs * 2)) {
    try {
      return await reach();
    } catch (thrown) {
      const error = toTagmillError(thrown);
      if (!error.retry || performance.now() - startedMs + pauseMs > forMs) throw error;
      if (pauseMs === FIRST_PAUSE_MS) waiting(error.message);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
