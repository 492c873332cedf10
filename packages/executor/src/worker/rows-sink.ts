/** Embedded mode: merges by sending the shard's rows to the manager, which owns the SQLite file. */
import { isErrorCode, TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { MergeResult } from '@tagmill/shared/job';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { batchToBytes } from '@tagmill/shared/merge/batch-bytes';
import type { FromWorker, ToWorker } from './messages.ts';

type Merged = Extract<ToWorker, { type: 'rows-merged' }>;

/** Batches on their way before the manager has merged them. */
const AHEAD = 2;

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
    for (const batch of batches) {
      await this.until(() => this.end !== undefined || sent - this.merged < AHEAD, signal);
      if (this.end !== undefined) break;
      this.post({
        type: 'rows',
        id: this.id,
        batch: { users: batch.count, words: batch.words, lastBatch: false, data: batchToBytes(batch) },
      });
      sent += 1;
      failpoint('worker.rows.posted');
    }
    return this.order(signal);
  }

  /** Sends the end of the rows, without users: a rollback, whose command says it all, is nothing else. */
  async order(signal: AbortSignal): Promise<MergeResult> {
    if (this.end === undefined)
      this.post({ type: 'rows', id: this.id, batch: { users: 0, words: 1, lastBatch: true, data: new Uint8Array(0) } });
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
