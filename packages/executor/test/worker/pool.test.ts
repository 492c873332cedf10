import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { type TaskFailure, WorkerPool } from '../../src/worker/pool.ts';
import { DEAF, DONE, OBEYS } from './odd-worker.ts';

const ODD = fileURLToPath(new URL('./odd-worker.ts', import.meta.url));
const SETUP = {
  connections: { sink: { kind: 'manager' as const } },
  spoolDir: '',
  cacheDir: '',
  memoryBytes: 1,
  threads: 1,
  engine: 'auto' as const,
  spoolBytes: 1,
  cacheBytes: 1,
};

let pool: WorkerPool | undefined;
afterEach(async () => {
  await pool?.close();
});

function poolWith(stopMs: number, attemptMs: number): WorkerPool {
  pool = new WorkerPool(SETUP, 1, () => fork(ODD, { serialization: 'advanced' }));
  pool.setDeadlines(stopMs, attemptMs);
  return pool;
}

/** Runs a task; `begun` once the worker has it, `ended` with how it ended. */
function start(on: WorkerPool, shard: number) {
  let id = 0;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const ended = new Promise<TaskFailure | 'done'>((resolve) => {
    id = on.run({ kind: 'evaluate', jobName: 'none', shard }, { done: () => resolve('done'), failed: resolve, rows: () => begin() });
  });
  return { id, begun, ended };
}

test('an attempt that is told to stop and does not is ended with its process, one second behind its deadline', async () => {
  const on = poolWith(100, 0);
  const deaf = start(on, DEAF);
  await deaf.begun;
  const toldAtMs = performance.now();
  on.abort(deaf.id);
  expect(await deaf.ended).toEqual({
    code: 'WORKER_DIED',
    message: 'the worker process of the attempt is gone: it did not stop within 100 ms and was ended',
  });
  expect(performance.now() - toldAtMs).toBeGreaterThan(1_050);
  expect(await start(on, DONE).ended).toBe('done');
});

test('one that obeys ends by itself, and its process lives on', async () => {
  const on = poolWith(60_000, 0);
  const one = start(on, OBEYS);
  await one.begun;
  on.abort(one.id);
  expect(await one.ended).toEqual({ code: 'ACTION_REFUSED', message: 'told to stop' });
});

test('one that takes longer than its deadline is stopped and says so', async () => {
  const on = poolWith(60_000, 50);
  expect(await start(on, OBEYS).ended).toEqual({ code: 'ATTEMPT_TIMEOUT', message: 'the attempt took longer than 50 ms and was stopped' });
  expect(await start(on, DONE).ended).toBe('done');
});

test('one that takes longer and is deaf to that is ended with its process', async () => {
  const on = poolWith(50, 50);
  expect(await start(on, DEAF).ended).toMatchObject({ code: 'WORKER_DIED' });
});
