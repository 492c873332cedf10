/**
 * How a worker's memory is collected. Nearly all of it is arrays of the engine,
 * thousands of 16 KiB for a shard: with the usual settings every 64 MiB of them
 * make a collection of the whole heap, which took an eighth of the time.
 */
import { setFlagsFromString } from 'node:v8';

/** For the start of a worker: a small first generation lets go of the engine's arrays early, and cheaply. */
export const WORKER_FLAGS: readonly string[] = ['--max-semi-space-size=4'];

/** The first V8 that knows the flag; others would complain of it on stderr. */
const SINCE_V8 = 13;

/** Counts the engine's arrays in the same limit as the heap, which grows with what is in use. Early in the process. */
export function countEngineArrays(): void {
  if (Number.parseInt(process.versions.v8, 10) >= SINCE_V8) setFlagsFromString('--external-memory-accounted-in-global-limit');
}
