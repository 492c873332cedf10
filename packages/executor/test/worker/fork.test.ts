import { once } from 'node:events';
import { expect, it } from 'vitest';
import { WORKER_FLAGS } from '../../src/worker/collector.ts';
import { forkWorker } from '../../src/worker/fork.ts';

it('starts workers that collect in small steps, beside what this process was started with', async () => {
  const worker = forkWorker();
  const ended = once(worker, 'exit');
  try {
    await once(worker, 'spawn');
    for (const flag of [...process.execArgv, ...WORKER_FLAGS]) expect(worker.spawnargs).toContain(flag);
  } finally {
    worker.kill('SIGKILL');
    await ended;
  }
});
