/** The embedded tag store as the manager sees it: asynchronous, the work in a thread of its own. */
import { Worker } from 'node:worker_threads';
import { TagmillError } from '@tagmill/shared/errors';
import type { MergeCommand, MergeResult, PassJob, RollbackCommand } from '@tagmill/shared/job';
import { withLast } from '@tagmill/shared/merge/ahead';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { type BatchCounts, MergeTotals } from '@tagmill/shared/merge/counts';
import { type MergeJob, mergeJobOf } from '@tagmill/shared/merge/pass-tags';
import { pause } from '@tagmill/shared/merge/pause';
import type { TagSink } from '@tagmill/shared/merge/sink';
import type { SettleRequest, ShardLedger } from '../ledger.ts';
import { JOBS_KEPT, type StoreAnswer, type StoreFailure, type StoreRequest, type StoreValue } from './messages.ts';
import type { BatchAt } from './store.ts';

/** How long a batch is tried again while another program holds the file, milliseconds. */
const RETRY_FOR_MS = 60_000;
const RETRY_PAUSE_MS = 100;

interface Waiting {
  readonly resolve: (value: StoreValue) => void;
  readonly reject: (error: Error) => void;
}

export class SqliteTagStoreClient implements TagSink, ShardLedger {
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
    for await (const { item: batch, last } of withLast(batches)) {
      signal.throwIfAborted();
      const at = { index, batch, last };
      totals.add(await this.#persist(() => this.#mergeBatch(mergeJob, command, at), signal));
      index += 1;
    }
    return totals.result(0, performance.now() - startedAt);
  }

  async rollback(job: PassJob, command: RollbackCommand, signal: AbortSignal): Promise<MergeResult> {
    const startedAt = performance.now();
    const totals = new MergeTotals(command.tags);
    const mergeJob = mergeJobOf(job);
    for (let index = 0; ; index += 1) {
      signal.throwIfAborted();
      const counts = await this.#persist(() => this.#undoBlock(mergeJob, command, index), signal);
      if (counts !== undefined) totals.add(counts);
      if (counts?.last !== undefined || counts === undefined) return totals.result(0, performance.now() - startedAt);
    }
  }

  async settle(request: SettleRequest): Promise<readonly (MergeResult | null)[]> {
    return (await this.#post({ kind: 'settle', id: this.#nextId++, request })) as readonly (MergeResult | null)[];
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const id = this.#nextId++;
    await this.#post({ kind: 'close', id });
    await this.#worker.terminate();
  }

  async #persist<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const deadline = performance.now() + this.#retryForMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const again = error instanceof TagmillError && error.code === 'DATABASE_UNAVAILABLE' && performance.now() < deadline;
        if (!again) throw error;
      }
      await pause(RETRY_PAUSE_MS, signal);
    }
  }

  async #mergeBatch(job: MergeJob, command: MergeCommand, at: BatchAt): Promise<BatchCounts> {
    const jobKey = `${job.runId} ${job.pass} ${command.scope.join(',')}`;
    const known = this.#sent.has(jobKey);
    if (!known) {
      if (this.#sent.size >= JOBS_KEPT) this.#sent.delete(this.#sent.values().next().value!);
      this.#sent.add(jobKey);
    }
    // Copied first: the caller may need the batch again, and a view would drag its whole buffer along.
    const batch = copyOf(at.batch);
    const request = { kind: 'merge', id: this.#nextId++, jobKey, ...(known ? {} : { job }), command, ...at, batch } as const;
    const columns = [batch.keys, batch.offsets, batch.matched, batch.notMatched];
    return (await this.#post(
      request,
      columns.map((view) => view.buffer as ArrayBuffer),
    )) as BatchCounts;
  }

  async #undoBlock(job: MergeJob, command: RollbackCommand, index: number): Promise<BatchCounts | undefined> {
    return (await this.#post({ kind: 'undo', id: this.#nextId++, job, command, index })) as BatchCounts | undefined;
  }

  #post(request: StoreRequest, transfer: readonly ArrayBuffer[] = []): Promise<StoreValue> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      this.#waiting.set(request.id, { resolve, reject });
      this.#worker.postMessage(request, transfer);
    });
  }

  #take(answer: StoreAnswer): void {
    if (answer.kind === 'opened') return;
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (answer.kind === 'done') waiting?.resolve(answer.value);
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
