/** A worker process: one attempt at a time, so that the executor's stream never waits for a computation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { countEngineArrays } from './collector.ts';
import { PRELOAD } from './fork.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { TaskRunner } from './task-runner.ts';

const post = (message: FromWorker): void => {
  process.send?.(message);
};

countEngineArrays();
const tempDir = mkdtempSync(join(tmpdir(), 'tagmill-worker-'));
process.on('exit', () => rmSync(tempDir, { recursive: true, force: true }));
// The executor is gone: so is the reason to go on.
process.on('disconnect', () => process.exit(0));
// A terminal's Ctrl-C reaches the whole group; the executor decides what it means.
process.on('SIGINT', () => undefined);

let runner: TaskRunner | undefined;
const aborts = new Map<number, AbortController>();

process.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'setup':
      runner = new TaskRunner(message.setup, tempDir, post);
      post({ type: 'ready' });
      return;
    case 'job':
      runner?.jobs.set(message.name, message.job);
      return;
    case 'forget-job':
      runner?.jobs.delete(message.name);
      return;
    case 'abort':
      aborts.get(message.id)?.abort(new TagmillError('ACTION_REFUSED', 'the attempt was told to stop'));
      return;
    case 'rows-merged':
      runner?.answered(message);
      return;
    case 'task': {
      const { id, task } = message;
      if (task.kind === 'noop') {
        post({ type: 'done', id, result: null });
        return;
      }
      const abort = new AbortController();
      aborts.set(id, abort);
      failpoint('worker.task.taken');
      (runner ?? fail()).run(id, task, abort.signal).then(
        (result) => {
          aborts.delete(id);
          failpoint('worker.task.done');
          post({ type: 'done', id, result });
        },
        (error: unknown) => {
          aborts.delete(id);
          post(failureOf(id, error));
        },
      );
      return;
    }
  }
});

if (process.argv[2] === PRELOAD) {
  // A task whose module cannot be loaded says so itself.
  await Promise.allSettled([
    import('../engine/evaluator.ts'),
    import('../engine/plan-tables.ts'),
    import('../engine/evaluate.ts'),
    import('../sinks/mysql/sink.ts'),
  ]);
}

function fail(): never {
  throw new Error('a task came before the setup');
}

function failureOf(id: number, thrown: unknown): FromWorker {
  const { code, message, facts } = toTagmillError(thrown);
  const table = facts['table'];
  const tagId = facts['tagId'];
  return {
    type: 'failed',
    id,
    code,
    message,
    ...(typeof table === 'string' ? { table } : {}),
    ...(typeof tagId === 'number' ? { tagId } : {}),
  };
}
