/** Simulates a range of seeds, in this thread or in several, and sums what happened. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { FaultKind } from './faults.ts';
import { simulate, type WorldOptions, type WorldResult } from './world.ts';

export interface SeedsDone {
  readonly seeds: number;
  readonly seconds: number;
  readonly steps: number;
  readonly injected: ReadonlyMap<FaultKind, number>;
  readonly failed: readonly SeedFailed[];
}

export interface SeedFailed {
  readonly seed: number;
  readonly steps: number;
  readonly broken: readonly string[];
}

/** What a thread says of some seeds. */
export interface ChunkDone {
  readonly steps: number;
  readonly injected: readonly (readonly [FaultKind, number])[];
  readonly failed: readonly SeedFailed[];
}

export interface Chunk {
  readonly from: number;
  readonly to: number;
}

const CHUNK = 25;

/** A world that throws has failed too. */
export function simulateSafely(options: WorldOptions): WorldResult {
  try {
    return simulate(options);
  } catch (error) {
    const broken = [`threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
    const nothing = {
      steps: 0,
      simulatedMs: 0,
      restarts: 0,
      fenced: 0,
      settled: 0,
      fromCopies: 0,
      acknowledged: 0,
      ignoredResults: 0,
      heldByCheck: 0,
    };
    return { seed: options.seed, broken, mix: {}, injected: new Map(), fingerprint: '', story: [], ...nothing };
  }
}

export function runChunk({ from, to }: Chunk, options: Omit<WorldOptions, 'seed'>): ChunkDone {
  let steps = 0;
  const injected = new Map<FaultKind, number>();
  const failed: SeedFailed[] = [];
  for (let seed = from; seed <= to; seed++) {
    const result = simulateSafely({ ...options, seed });
    steps += result.steps;
    for (const [kind, count] of result.injected) injected.set(kind, (injected.get(kind) ?? 0) + count);
    if (result.broken.length > 0) failed.push({ seed, steps: result.steps, broken: result.broken });
  }
  return { steps, injected: [...injected], failed };
}

/** `each` is called for every failing seed as it is found; `jobs` 1 stays in this thread. */
export async function runSeeds(
  { from, to }: Chunk,
  options: Omit<WorldOptions, 'seed'>,
  each: (failed: SeedFailed) => void,
  jobs = availableParallelism(),
): Promise<SeedsDone> {
  const startedMs = performance.now();
  const chunks: Chunk[] = [];
  for (let at = from; at <= to; at += CHUNK) chunks.push({ from: at, to: Math.min(to, at + CHUNK - 1) });
  const sum = { steps: 0, injected: new Map<FaultKind, number>(), failed: [] as SeedFailed[] };
  const add = (done: ChunkDone) => {
    sum.steps += done.steps;
    for (const [kind, count] of done.injected) sum.injected.set(kind, (sum.injected.get(kind) ?? 0) + count);
    for (const one of done.failed) {
      sum.failed.push(one);
      each(one);
    }
  };
  const threads = Math.min(jobs, chunks.length);
  if (threads <= 1) for (const chunk of chunks) add(runChunk(chunk, options));
  else await Promise.all(Array.from({ length: threads }, () => runThread(chunks, options, add)));
  sum.failed.sort((a, b) => a.seed - b.seed);
  return { seeds: to - from + 1, seconds: (performance.now() - startedMs) / 1000, ...sum };
}

function runThread(chunks: Chunk[], options: Omit<WorldOptions, 'seed'>, add: (done: ChunkDone) => void): Promise<void> {
  const worker = new Worker(new URL('./seeds-worker.ts', import.meta.url), { workerData: options });
  return new Promise((resolve, reject) => {
    const next = () => {
      const chunk = chunks.shift();
      if (chunk !== undefined) worker.postMessage(chunk);
      else worker.terminate().then(() => resolve(), reject);
    };
    worker.on('message', (done: ChunkDone) => {
      add(done);
      next();
    });
    worker.on('error', reject);
    next();
  });
}
