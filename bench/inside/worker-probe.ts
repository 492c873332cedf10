/**
 * Preloaded into executors and, by them, into their worker processes
 * (`--import`): a worker writes down when each batch of tiny shards came to
 * its handler, in a file named after its executor's process.
 */
import { openSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { machineMs } from './clock.ts';

const FOLDER = process.env['TAGMILL_BENCH_PROBES'];
/** Two numbers for each: when, and how many shards. */
const ENTRIES = 512;
const FLUSH_MS = 100;

interface TinyTask {
  readonly type: string;
  readonly task?: { readonly kind: string; readonly shards: Uint32Array };
}

if (FOLDER !== undefined && basename(process.argv[1] ?? '') === 'worker-main.ts') watch(join(FOLDER, String(process.ppid)));

function watch(path: string): void {
  const file = openSync(path, 'a');
  const entries = new Float64Array(2 * ENTRIES);
  let used = 0;
  const flush = (): void => {
    if (used > 0) writeSync(file, new Uint8Array(entries.buffer, 0, used * 8));
    used = 0;
  };
  setInterval(flush, FLUSH_MS).unref();
  const on = process.on.bind(process) as (event: string, listener: (...args: unknown[]) => void) => NodeJS.Process;
  // A listener of its own would take the first messages before the worker listens.
  process.on = ((event: string, listener: (...args: unknown[]) => void) =>
    event !== 'message'
      ? on(event, listener)
      : on(event, (message, ...more) => {
          const { type, task } = message as TinyTask;
          if (type === 'task' && task?.kind === 'noop') {
            if (used === entries.length) flush();
            entries[used++] = machineMs();
            entries[used++] = task.shards.length;
          }
          listener(message, ...more);
        })) as typeof process.on;
}
