/**
 * How long the journal takes to confirm a batch, beside what the disk itself
 * takes to write and flush as many bytes in the same round; and the same with a
 * slower flush, by a delay planted in the journal's thread and in the peer's.
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RESULT_DONE, type Stamped } from '../packages/manager/src/core/events.ts';
import { DEFAULT_SETTINGS } from '../packages/manager/src/core/state.ts';
import { encodeBatch } from '../packages/manager/src/store/codec.ts';
import { SILENT_LOG } from '../packages/manager/src/store/journal-log.ts';
import { plantFaults } from '../packages/manager/src/store/journal-messages.ts';
import { SqliteJournal } from '../packages/manager/src/store/sqlite-journal.ts';
import type { BenchOptions } from './lib/options.ts';
import { quantilesOf } from './lib/quantiles.ts';
import { Results } from './lib/results.ts';

const DELAYS_MS = [0, 3, 10];
/** A click, and what a busy loop writes in one turn. */
const BATCHES = [
  { name: 'one click', events: [{ atMs: 0, event: { type: 'executor-draining', id: 'executor-1' } }] },
  { name: '4,096 results of shards', events: [resultsOf(4_096)] },
] as const satisfies readonly { readonly name: string; readonly events: readonly Stamped[] }[];
const COMMITS = 300;
const TINY_COMMITS = 20;
const WARM_UP = 20;

export async function benchCommit(options: BenchOptions): Promise<void> {
  const results = new Results('commit', options);
  const commits = options.tiny ? TINY_COMMITS : COMMITS;
  for (let round = 0; round < options.rounds; round++) {
    for (const { name, events } of BATCHES) {
      for (const delayMs of DELAYS_MS) {
        const folder = mkdtempSync(join(tmpdir(), 'tagmill-commit-'));
        try {
          const blob = encodeBatch(events);
          const disk = flushes(join(folder, 'disk'), blob, commits, delayMs);
          const journal = await appends(folder, blob, commits, delayMs);
          const slower = delayMs === 0 ? '' : `, ${delayMs} ms added to each flush`;
          for (const [subject, times] of [
            ['tagmill', journal],
            ['the disk itself', disk],
          ] as const) {
            const [p50 = 0, p99 = 0] = quantilesOf(
              times.map((value) => ({ value, weight: 1 })),
              [0.5, 0.99],
            );
            const work = `a batch of ${name} on disk${slower}`;
            await results.add({ subject, work: `${work}, half of all`, unit: 'ms', value: p50, details: { batchBytes: blob.length } });
            await results.add({ subject, work: `${work}, 99 of 100`, unit: 'ms', value: p99 });
          }
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }
    }
  }
}

/** Milliseconds of each append, from the main thread and back to it. */
async function appends(dataDir: string, blob: Uint8Array, commits: number, delayMs: number): Promise<number[]> {
  const faults = plantFaults();
  Atomics.store(faults, 1, delayMs);
  const journal = new SqliteJournal({
    dataDir,
    settings: DEFAULT_SETTINGS,
    snapshotEvents: 1e15,
    snapshotMs: 1e9,
    log: SILENT_LOG,
    faults,
  });
  await journal.open();
  const times: number[] = [];
  for (let seq = 1; seq <= WARM_UP + commits; seq++) {
    const copy = blob.slice();
    const startedMs = performance.now();
    await journal.append({ seq, term: 1, blob: copy });
    if (seq > WARM_UP) times.push(performance.now() - startedMs);
  }
  await journal.close();
  return times;
}

/** Milliseconds of each write of as many bytes with its flush, behind what was written before. */
function flushes(path: string, blob: Uint8Array, commits: number, delayMs: number): number[] {
  const file = openSync(path, 'w');
  const still = new Int32Array(new SharedArrayBuffer(4));
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + commits; i++) {
    const startedMs = performance.now();
    writeSync(file, blob);
    fdatasyncSync(file);
    if (delayMs > 0) Atomics.wait(still, 0, 0, delayMs);
    if (i >= WARM_UP) times.push(performance.now() - startedMs);
  }
  closeSync(file);
  return times;
}

function resultsOf(count: number): Stamped {
  return {
    atMs: 0,
    event: {
      type: 'results',
      executor: 'executor-1',
      fanOut: 1,
      shards: Uint32Array.from({ length: count }, (_, i) => i),
      tokens: Float64Array.from({ length: count }, (_, i) => i),
      status: new Uint8Array(count).fill(RESULT_DONE),
      details: null,
    },
  };
}
