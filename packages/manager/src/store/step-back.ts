/** Processes that work beside others which must not wait for them. */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

const THREADS = '/proc/self/task';

/**
 * Lowers the priority of this process (as `nice`: 0 is the usual one, 19 the
 * lowest). On Linux that is a thread's own affair, and the collector's helpers
 * were started before any code of ours: each thread is told.
 */
export function stepBack(nice: number): void {
  if (process.platform !== 'linux') {
    setPriority(nice);
    return;
  }
  for (const thread of readdirSync(THREADS)) setPriority(Number(thread), nice);
}
