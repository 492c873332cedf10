/** The embedded tag store as the manager sees it: asynchronous, the work in a thread of its own. */
import { Worker } from 'node:worker_threads';
import { TagmillError } from '@tagmill/shared/errors';
import type { MergeCommand, MergeResult, PassJob } from '@tagmill/shared/job';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { type BatchCounts, MergeTotals } from '@tagmill/shared/merge/counts';
import { type MergeJob, mergeJobOf } from '@tagmill/shared/merge/pass-tags';
import { pause } from '@tagmill/shared/merge/pause';
import type { TagSink } from '@tagmill/shared/merge/sink';
import { JOBS_KEPT, type StoreAnswer, type StoreFailure, type StoreRequest } from './messages.ts';

/** How long a batch is tried again while another program holds the file, milliseconds. */
const RETRY_FOR_MS = 60_000;
const RETRY_PAUSE_MS = 100;

interface Waiting {
  readonly resolve: (counts: BatchCounts | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class SqliteTagStoreClient implements TagSink {
  readonly #worker: Worker;
  readonly #retryForMs: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #sent = new Set<string>();
  #nextId = 0;
  #ended: Error | undefined;

  private constructor(worker: Worker, retryForMs: number) {
    this.#worker = worker;
    this.#retryForMs = retryForMs;
    worker.on('message', (answer: StoreAnswer) => this.#take(answer));
    worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', () => this.#end(new TagmillError('INTERNAL', 'the thread of the tag store has ended')));
  }

  /** Opens or creates the file. Throws DATABASE_DENIED, DATABASE_SCHEMA, FILE_UNREADABLE. */
  static async open(path: string, options: { readonly retryForMs?: number } = {}): Promise<SqliteTagStoreClient> {
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const worker = new Worker(new URL(file, import.meta.url), { workerData: { path } });
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (answer: StoreAnswer) => {
        worker.off('error', reject);
        if (answer.kind === 'failed') reject(errorOf(answer.failure));
        else resolve();
      });
    });
    return new SqliteTagStoreClient(worker, options.retryForMs ?? RETRY_FOR_MS);
  }

  async merge(
    job: PassJob,
    command: MergeCommand,
    batches: AsyncIterable<MergeBatch> | Iterable<MergeBatch>,
    signal: AbortSignal,
  ): Promise<MergeResult> {
    const startedAt = performance.now();
    const totals = new MergeTotals(command.scope);
    const mergeJob = mergeJobOf(job);
    let index = 0;
    for await (const batch of batches) {
      signal.throwIfAborted();
      totals.add(await this.mergeBatch(mergeJob, command, index, batch, signal));
      index += 1;
    }
    return totals.result(0, performance.now() - startedAt);
  }

  /** One batch, as rows arrive from an executor: batch `index` of the command's shard. Errors as in TagSink. */
  async mergeBatch(job: MergeJob, command: MergeCommand, index: number, batch: MergeBatch, signal: AbortSignal): Promise<BatchCounts> {
    const deadline = performance.now() + this.#retryForMs;
    for (;;) {
      try {
        return await this.#ask(job, command, index, batch);
      } catch (error) {
        const again = error instanceof TagmillError && error.code === 'DATABASE_UNAVAILABLE' && performance.now() < deadline;
        if (!again) throw error;
      }
      await pause(RETRY_PAUSE_MS, signal);
    }
  }

  async rollback(): Promise<MergeResult> {
    throw new TagmillError('INTERNAL', 'not there yet');
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const id = this.#nextId++;
    await this.#post({ kind: 'close', id });
    await this.#worker.terminate();
  }

  async #ask(job: MergeJob, command: MergeCommand, index: number, batch: MergeBatch): Promise<BatchCounts> {
    const jobKey = `${job.runId} ${job.pass} ${command.scope.join(',')}`;
    const known = this.#sent.has(jobKey);
    if (!known) {
      if (this.#sent.size >= JOBS_KEPT) this.#sent.delete(this.#sent.values().next().value!);
      this.#sent.add(jobKey);
    }
    const id = this.#nextId++;
    const counts = await this.#post({ kind: 'merge', id, jobKey, ...(known ? {} : { job }), command, index, batch });
    if (counts === undefined) throw new Error('the tag store answered a merge without counts');
    return counts;
  }

  #post(request: StoreRequest): Promise<BatchCounts | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#waiting.set(request.id, { resolve, reject });
      if (request.kind === 'close') {
        this.#worker.postMessage(request);
        return;
      }
      // Copied first: the caller may need the batch again, and a view would drag its whole buffer along.
      const batch = copyOf(request.batch);
      this.#worker.postMessage(
        { ...request, batch },
        [batch.keys, batch.offsets, batch.matched, batch.notMatched].map((view) => view.buffer as ArrayBuffer),
      );
    });
  }

  #take(answer: StoreAnswer): void {
    if (answer.kind === 'opened') return;
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === 'done') waiting?.resolve(answer.counts);
    else waiting?.reject(errorOf(answer.failure));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}

const errorOf = (failure: StoreFailure): TagmillError => new TagmillError(failure.code, failure.message, failure.facts);

function copyOf(batch: MergeBatch): MergeBatch {
  const { count, words } = batch;
  // Not keys.slice(): the slice of a Buffer is a view of a pool, which cannot be handed to another thread.
  const [keys, offsets] = [Uint8Array.from(batch.keys), batch.offsets.slice()];
  return { count, words, keys, offsets, matched: batch.matched.slice(), notMatched: batch.notMatched.slice() };
}
