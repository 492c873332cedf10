/** Embedded mode: merges by sending the shard's rows to the manager, which owns the SQLite file. */
import { isErrorCode, TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { MergeResult } from '@tagmill/shared/job';
import { markLast } from '@tagmill/shared/merge/ahead';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { batchToBytes } from '@tagmill/shared/merge/batch-bytes';
import type { FromWorker, RowsBatch, ToWorker } from './messages.ts';

type Merged = Extract<ToWorker, { type: 'rows-merged' }>;

/**
 * Batches on their way before the manager has merged them: the one that it
 * merges, the one behind it, by which it knows that the first is not the last,
 * and one that comes meanwhile.
 */
const AHEAD = 3;

export class RowsSink {
  private readonly id: number;
  private readonly post: (message: FromWorker) => void;
  private merged = 0;
  private end: Merged | undefined;
  private wake: (() => void) | undefined;

  constructor(id: number, post: (message: FromWorker) => void) {
    this.id = id;
    this.post = post;
  }

  /** What the manager answered. */
  answered(message: Merged): void {
    this.merged = Math.max(this.merged, message.batches);
    if (message.done) this.end = message;
    this.wake?.();
  }

  /** Errors: those of the manager's store; the signal's reason when aborted. */
  async merge(batches: Iterable<MergeBatch>, signal: AbortSignal): Promise<MergeResult> {
    let sent = 0;
    for (const { item: batch, last } of markLast(batches)) {
      await this.until(() => this.end !== undefined || sent - this.merged < AHEAD, signal);
      if (this.end !== undefined) break;
      this.send({ users: batch.count, words: batch.words, lastBatch: last, data: batchToBytes(batch) });
      sent += 1;
    }
    if (sent === 0 && this.end === undefined) return this.order(signal);
    return this.answer(signal);
  }

  /** Sends the end of the rows, without users: a rollback, whose command says it all, is nothing else. */
  async order(signal: AbortSignal): Promise<MergeResult> {
    this.send({ users: 0, words: 1, lastBatch: true, data: new Uint8Array(0) });
    return this.answer(signal);
  }

  private send(batch: RowsBatch): void {
    this.post({ type: 'rows', id: this.id, batch });
    failpoint('worker.rows.posted');
  }

  private async answer(signal: AbortSignal): Promise<MergeResult> {
    await this.until(() => this.end !== undefined, signal);
    return this.result();
  }

  private result(): MergeResult {
    const end = this.end;
    if (end === undefined) throw new TagmillError('INTERNAL', 'the manager did not answer a merge');
    if (!end.failed) return JSON.parse(end.resultJson) as MergeResult;
    const { code, message } = JSON.parse(end.resultJson) as { code: string; message: string };
    throw new TagmillError(isErrorCode(code) ? code : 'INTERNAL', message);
  }

  private async until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      signal.throwIfAborted();
    }
  }
}
