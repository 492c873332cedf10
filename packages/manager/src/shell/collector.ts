/** How often the collector of this process looks through its whole heap. */
import { setFlagsFromString } from 'node:v8';

/** What the heap may grow by before that, in percent of what was in use: V8's own upper bound. */
const HEAP_GROWTH_PERCENT = 300;

/**
 * A manager's heap is small and its garbage short-lived, but each look through
 * all of it stops the loop for some milliseconds. V8 takes its chance at less
 * growth the slower the heap grows; here it waits as long as it ever does.
 */
export const collectSeldom = (): void => setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
