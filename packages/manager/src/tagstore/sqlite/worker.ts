/** Worker thread of the embedded tag store: SQLite is synchronous, and the manager's loop must not wait for it. */
import { parentPort, workerData } from 'node:worker_threads';
import { toTagmillError } from '@tagmill/shared/errors';
import { type MergeJob, PassTags } from '@tagmill/shared/merge/pass-tags';
import { JOBS_KEPT, type StoreAnswer, type StoreFailure, type StoreRequest, type StoreValue } from './messages.ts';
import { SqliteTagStore } from './store.ts';

interface KnownJob {
  readonly job: MergeJob;
  readonly tags: PassTags;
}

const port = parentPort!;
const jobs = new Map<string, KnownJob>();
const answer = (message: StoreAnswer): void => port.postMessage(message);

function failureOf(error: unknown): StoreFailure {
  const { code, message, facts } = toTagmillError(error);
  return { code, message, facts };
}

function knownJob(request: Extract<StoreRequest, { kind: 'merge' }>): KnownJob {
  const known = jobs.get(request.jobKey);
  if (known !== undefined) return known;
  if (request.job === undefined) throw new Error(`the job ${request.jobKey} is not known to the tag store`);
  const fresh = { job: request.job, tags: new PassTags(request.job, request.command.scope) };
  if (jobs.size >= JOBS_KEPT) jobs.delete(jobs.keys().next().value!);
  jobs.set(request.jobKey, fresh);
  return fresh;
}

function serve(store: SqliteTagStore, request: StoreRequest): void {
  try {
    answer({ kind: 'done', id: request.id, value: carryOut(store, request) });
    if (request.kind === 'close') port.close();
  } catch (error) {
    answer({ kind: 'failed', id: request.id, failure: failureOf(error) });
  }
}

function carryOut(store: SqliteTagStore, request: StoreRequest): StoreValue {
  switch (request.kind) {
    case 'merge': {
      const { job, tags } = knownJob(request);
      return store.mergeBatch(job, tags, request.command, request);
    }
    case 'undo':
      return store.undoBlock(request.job, request.command, request.index);
    case 'settle':
      return store.settle(request.request);
    case 'close':
      store.close();
      return undefined;
  }
}

try {
  const store = new SqliteTagStore(String((workerData as { path: unknown }).path));
  port.on('message', (request: StoreRequest) => serve(store, request));
  answer({ kind: 'opened' });
} catch (error) {
  answer({ kind: 'failed', id: -1, failure: failureOf(error) });
  port.close();
}
