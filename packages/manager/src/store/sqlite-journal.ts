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
import type { FromJournal, JournalAnswers, JournalCall, JournalFaults, JournalWorkerData, ToJournal } from './journal-messages.ts';
import { Listeners } from './listeners.ts';
import { NeededEntries } from './needed-entries.ts';
import { readSections } from './snapshot-file.ts';
import { SnapshotMaker, type SnapshotPlan } from './snapshot-maker.ts';
import type { Found } from './survey.ts';

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export interface JournalOptions extends SnapshotPlan {
  /** Tests plant faults of the disk here. */
  readonly faults?: JournalFaults;
}

const READ_BYTES = 4 * 1024 * 1024;

/** The journal in `<dataDir>/journal.db`, written by a thread of its own, with snapshots made by a process of their own. */
export class SqliteJournal implements Journal {
  private readonly options: JournalOptions;
  private readonly maker: SnapshotMaker;
  private worker: Worker | undefined;
  private ended: Promise<void> = Promise.resolve();
  private readonly calls = new Map<number, Waiter<never>>();
  private appending: Waiter<CommittedBatch> | undefined;
  private readonly waitsToRead: (() => void)[] = [];
  private nextId = 1;
  private failure: TagmillError | undefined;
  private found: Found | undefined;
  private readonly healthListeners = new Listeners<JournalHealth>();
  private readonly needed = new NeededEntries();
  private readonly snapshotListeners = new Listeners<SnapshotHead>();
  health: JournalHealth = { state: 'ok' };

  constructor(options: JournalOptions) {
    this.options = options;
    this.maker = new SnapshotMaker(options, {
      made: (head) => this.snapshotListeners.tell(head),
      trim: (toSeq) => this.say({ type: 'trim', toSeq: this.needed.lastSpare(toSeq) }),
      damaged: (why) => this.say({ type: 'condemn', why }),
    });
  }

  async open(): Promise<Survey> {
    const workerData: JournalWorkerData = { dataDir: this.options.dataDir, faults: this.options.faults ?? null };
    const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), { workerData });
    this.worker = worker;
    worker.on('error', (error) => this.fail(new TagmillError('INTERNAL', `the journal's thread ended: ${error.message}`, {}, error)));
    worker.on('message', (message: FromJournal) => this.hear(message));
    this.ended = new Promise((resolve) => worker.once('exit', () => resolve()));
    const survey = this.take(await this.call({ type: 'open' }));
    for (const { path, why } of survey.refused) this.options.log.warn({ path, why }, 'a snapshot cannot be used');
    return survey;
  }

  async read(into: ReadInto): Promise<Position | null> {
    const { head = null, start = null } = this.found ?? {};
    if (head === null || start === null) return null;
    const newest = this.maker.newest;
    if (newest !== undefined && newest.head.seq === start.seq) giveSections(newest, into);
    // One piece is read while the one before is replayed.
    let next = this.tail(start.seq + 1, READ_BYTES);
    for (let at = start.seq; at < head.seq; ) {
      const batches = await next;
      const end = batches.at(-1)?.seq;
      if (end === undefined) throw new TagmillError('INTERNAL', `entry ${at + 1} of the journal is not there any more`);
      if (end < head.seq) next = this.tail(end + 1, READ_BYTES);
      for (const batch of batches) if (batch.seq <= head.seq) into.batch(batch);
      at = end;
    }
    await next;
    return head;
  }

  async install({ snapshot, batches, at }: JournalCopy): Promise<void> {
    await this.call({ type: 'install-begin', snapshot, lineage: at.lineage });
    try {
      let some: CommittedBatch[] = [];
      let bytes = 0;
      for await (const batch of batches) {
        some.push(batch);
        bytes += batch.blob.length;
        if (bytes < READ_BYTES) continue;
        await this.call({ type: 'install-batches', batches: some });
        some = [];
        bytes = 0;
      }
      await this.call({ type: 'install-batches', batches: some });
      this.take(await this.call({ type: 'install-end', at }));
    } catch (error) {
      await this.call({ type: 'install-abandon' });
      throw error;
    }
  }

  append(batch: JournalBatch): Promise<CommittedBatch> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.appending = { resolve, reject };
      this.say({ type: 'append', batch }, [batch.blob.buffer as ArrayBuffer]);
    });
  }

  async tail(fromSeq: number, maxBytes: number): Promise<readonly CommittedBatch[]> {
    for (;;) {
      await this.readable();
      try {
        return await this.call({ type: 'tail', fromSeq, maxBytes });
      } catch (error) {
        // Its handle was closed just then: it is asked again when there is a new one.
        if (this.failure !== undefined || !(error instanceof TagmillError) || error.code !== 'JOURNAL_UNWRITABLE') throw error;
      }
    }
  }

  snapshot(): Promise<SnapshotHead> {
    return this.maker.make();
  }

  snapshotFile(): SnapshotFile | undefined {
    return this.maker.newest;
  }

  keepFrom(needed: () => number | undefined): () => void {
    return this.needed.add(needed);
  }

  onSnapshot(callback: (head: SnapshotHead) => void): () => void {
    return this.snapshotListeners.add(callback);
  }

  onHealth(callback: (health: JournalHealth) => void): () => void {
    return this.healthListeners.add(callback);
  }

  async close(): Promise<void> {
    await this.maker.close();
    if (this.worker === undefined) return;
    this.say({ type: 'close' });
    this.worker = undefined;
    await this.ended;
    this.fail(new TagmillError('JOURNAL_UNWRITABLE', 'the journal is closed'));
  }

  /** Resolves once the file is open: at once, or when a fault of the disk has passed. */
  private readable(): Promise<void> {
    const { health } = this;
    if (health.state === 'corrupt') return Promise.reject(new TagmillError('JOURNAL_UNWRITABLE', health.sentence));
    if (health.state === 'ok' || this.failure !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.waitsToRead.push(resolve);
    });
  }

  private take(found: Found): Found {
    this.found = found;
    this.maker.begin(found.snapshots, found.head);
    return found;
  }

  private call<C extends JournalCall>(call: C): Promise<JournalAnswers[C['type']]> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.calls.set(id, { resolve, reject });
      this.say({ type: 'call', id, call });
    });
  }

  private say(message: ToJournal, transfer: readonly ArrayBuffer[] = []): void {
    this.worker?.postMessage(message, transfer);
  }

  private hear(message: FromJournal): void {
    switch (message.type) {
      case 'answer':
        this.settleCall(message.id)?.resolve(message.answer as never);
        return;
      case 'failed':
        this.settleCall(message.id)?.reject(new TagmillError(isErrorCode(message.code) ? message.code : 'INTERNAL', message.message));
        return;
      case 'committed': {
        const { term, seq, hash } = message.batch;
        this.maker.committed({ lineage: this.found?.head?.lineage ?? '', term, seq, hash }, message.events);
        this.settle()?.resolve(message.batch);
        return;
      }
      case 'refused':
        this.settle()?.reject(new TagmillError('JOURNAL_UNWRITABLE', message.message));
        return;
      case 'health':
        this.health = message.health;
        if (message.health.state === 'ok' || message.health.state === 'corrupt') this.letRead();
        this.healthListeners.tell(message.health);
        return;
      case 'aside':
        this.options.log.warn({ folder: message.folder }, 'what lay in the data directory was moved aside');
        return;
    }
  }

  private letRead(): void {
    for (const resolve of this.waitsToRead.splice(0)) resolve();
  }

  private settle(): Waiter<CommittedBatch> | undefined {
    const waiting = this.appending;
    this.appending = undefined;
    return waiting;
  }

  private settleCall(id: number): Waiter<never> | undefined {
    const waiting = this.calls.get(id);
    this.calls.delete(id);
    return waiting;
  }

  private fail(error: TagmillError): void {
    this.failure = error;
    this.letRead();
    this.settle()?.reject(error);
    for (const id of [...this.calls.keys()]) this.settleCall(id)?.reject(error);
  }
}

function giveSections({ head, path }: SnapshotFile, into: ReadInto): void {
  const sections = readSections(path);
  try {
    into.snapshot(head, sections);
  } finally {
    // Whoever read them may have stopped in the middle: the file is closed either way.
    sections.return(head);
  }
}
