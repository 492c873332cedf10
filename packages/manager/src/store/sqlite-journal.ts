import { Worker } from 'node:worker_threads';
import { isErrorCode, TagmillError } from '@tagmill/shared/errors';
import type { Journal, JournalBatch, JournalHead } from './journal.ts';
import type { FromJournal, ToJournal } from './journal-messages.ts';

/** The journal in `<dataDir>/journal.db`, written by a thread of its own. */
export class SqliteJournal implements Journal {
  private readonly path: string;
  private worker: Worker | undefined;
  private waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;
  private failure: TagmillError | undefined;

  constructor(path: string) {
    this.path = path;
  }

  open(each: (batch: JournalBatch) => void): Promise<JournalHead> {
    const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), { workerData: { path: this.path } });
    this.worker = worker;
    return new Promise((resolve, reject) => {
      worker.on('error', (error) =>
        this.fail(new TagmillError('INTERNAL', `the journal's thread ended: ${error.message}`, {}, error), reject),
      );
      worker.on('message', (message: FromJournal) => {
        switch (message.type) {
          case 'batch':
            each(message);
            return;
          case 'open':
            resolve({ lineage: message.lineage, seq: message.seq });
            return;
          case 'committed':
            this.settle()?.resolve();
            return;
          case 'failed':
            this.fail(new TagmillError(isErrorCode(message.code) ? message.code : 'INTERNAL', message.message), reject);
            return;
          case 'closed':
            return;
        }
      });
    });
  }

  append(batch: JournalBatch): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      const message: ToJournal = { type: 'append', seq: batch.seq, blob: batch.blob };
      this.worker?.postMessage(message, [batch.blob.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    const worker = this.worker;
    if (worker === undefined) return;
    this.worker = undefined;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    const message: ToJournal = { type: 'close' };
    worker.postMessage(message);
    await ended;
  }

  private settle() {
    const waiting = this.waiting;
    this.waiting = undefined;
    return waiting;
  }

  private fail(error: TagmillError, rejectOpen: (error: unknown) => void): void {
    this.failure = error;
    rejectOpen(error);
    this.settle()?.reject(error);
  }
}
