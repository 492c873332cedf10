import { Worker } from 'node:worker_threads';
import { isErrorCode, TagmillError } from '@tagmill/shared/errors';
import type {
  CommittedBatch,
  Journal,
  JournalBatch,
  JournalCopy,
  JournalHealth,
  Position,
  ReadInto,
  SnapshotFile,
  SnapshotHead,
  Survey,
} from './journal.ts';
import type { FromJournal, JournalWorkerData, ToJournal } from './journal-messages.ts';

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export interface JournalOptions {
  readonly dataDir: string;
}

const READ_BYTES = 4 * 1024 * 1024;

/** The journal in `<dataDir>/journal.db`, written by a thread of its own. */
export class SqliteJournal implements Journal {
  private readonly options: JournalOptions;
  private worker: Worker | undefined;
  private opening: Waiter<Survey> | undefined;
  private appending: Waiter<CommittedBatch> | undefined;
  private readonly tails = new Map<number, Waiter<readonly CommittedBatch[]>>();
  private nextId = 1;
  private failure: TagmillError | undefined;
  private head: Position | null = null;
  private readonly healthListeners = new Set<(health: JournalHealth) => void>();
  health: JournalHealth = { state: 'ok' };

  constructor(options: JournalOptions) {
    this.options = options;
  }

  open(): Promise<Survey> {
    const workerData: JournalWorkerData = { dataDir: this.options.dataDir };
    const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), { workerData });
    this.worker = worker;
    worker.on('error', (error) => this.fail(new TagmillError('INTERNAL', `the journal's thread ended: ${error.message}`, {}, error)));
    worker.on('message', (message: FromJournal) => this.hear(message));
    return new Promise((resolve, reject) => {
      this.opening = { resolve, reject };
      this.say({ type: 'open' });
    });
  }

  async read(into: ReadInto): Promise<Position | null> {
    const { head } = this;
    if (head === null) return null;
    for (let next = 1; next <= head.seq; ) {
      const batches = await this.tail(next, READ_BYTES);
      for (const batch of batches) {
        if (batch.seq > head.seq) break;
        into.batch(batch);
        next = batch.seq + 1;
      }
    }
    return head;
  }

  install(_copy: JournalCopy): Promise<void> {
    return Promise.reject(new TagmillError('INTERNAL', 'a copy cannot be installed yet'));
  }

  append(batch: JournalBatch): Promise<CommittedBatch> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.appending = { resolve, reject };
      this.say({ type: 'append', batch }, [batch.blob.buffer as ArrayBuffer]);
    });
  }

  tail(fromSeq: number, maxBytes: number): Promise<readonly CommittedBatch[]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.tails.set(id, { resolve, reject });
      this.say({ type: 'tail', id, fromSeq, maxBytes });
    });
  }

  snapshot(): Promise<SnapshotHead> {
    return Promise.reject(new TagmillError('INTERNAL', 'a snapshot cannot be made yet'));
  }

  snapshotFile(): SnapshotFile | undefined {
    return undefined;
  }

  onSnapshot(_callback: (head: SnapshotHead) => void): () => void {
    return () => undefined;
  }

  onHealth(callback: (health: JournalHealth) => void): () => void {
    this.healthListeners.add(callback);
    return () => this.healthListeners.delete(callback);
  }

  async close(): Promise<void> {
    const worker = this.worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.say({ type: 'close' });
    this.worker = undefined;
    await ended;
  }

  private say(message: ToJournal, transfer: readonly ArrayBuffer[] = []): void {
    this.worker?.postMessage(message, transfer);
  }

  private hear(message: FromJournal): void {
    switch (message.type) {
      case 'opened':
        this.head = message.survey.head;
        this.opening?.resolve(message.survey);
        return;
      case 'committed':
        this.settle()?.resolve(message.batch);
        return;
      case 'refused':
        this.settle()?.reject(new TagmillError('JOURNAL_UNWRITABLE', message.message));
        return;
      case 'tail':
        this.tails.get(message.id)?.resolve(message.batches);
        this.tails.delete(message.id);
        return;
      case 'health':
        this.health = message.health;
        for (const listener of this.healthListeners) listener(message.health);
        return;
      case 'failed':
        this.failed(new TagmillError(isErrorCode(message.code) ? message.code : 'INTERNAL', message.message), message.id);
        return;
    }
  }

  private failed(error: TagmillError, id: number | undefined): void {
    if (id === undefined) {
      this.fail(error);
      return;
    }
    this.tails.get(id)?.reject(error);
    this.tails.delete(id);
  }

  private settle(): Waiter<CommittedBatch> | undefined {
    const waiting = this.appending;
    this.appending = undefined;
    return waiting;
  }

  private fail(error: TagmillError): void {
    this.failure = error;
    this.opening?.reject(error);
    this.settle()?.reject(error);
    for (const waiter of this.tails.values()) waiter.reject(error);
    this.tails.clear();
  }
}
