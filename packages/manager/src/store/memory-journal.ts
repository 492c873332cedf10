import { randomUUID } from 'node:crypto';
import { chainHash } from './chain.ts';
import {
  CHAIN_START,
  type CommittedBatch,
  type Journal,
  type JournalBatch,
  type JournalCopy,
  type JournalHealth,
  type Position,
  type ReadInto,
  type SnapshotFile,
  type SnapshotHead,
  type Survey,
} from './journal.ts';

/** The journal's twin in memory, for tests. */
export class MemoryJournal implements Journal {
  readonly lineage: string;
  readonly batches: CommittedBatch[] = [];
  health: JournalHealth = { state: 'ok' };

  constructor(lineage: string = randomUUID()) {
    this.lineage = lineage;
  }

  private get head(): Position {
    const last = this.batches.at(-1);
    return { lineage: this.lineage, term: last?.term ?? 0, seq: last?.seq ?? 0, hash: last?.hash ?? CHAIN_START };
  }

  open(): Promise<Survey> {
    return Promise.resolve({ fresh: this.batches.length === 0, head: this.head, snapshots: [], fault: null });
  }

  read(into: ReadInto): Promise<Position | null> {
    for (const batch of this.batches) into.batch(batch);
    return Promise.resolve(this.head);
  }

  async install(copy: JournalCopy): Promise<void> {
    this.batches.length = 0;
    for await (const batch of copy.batches) this.batches.push(batch);
  }

  append({ seq, term, blob }: JournalBatch): Promise<CommittedBatch> {
    const batch = { seq, term, blob: blob.slice(), hash: chainHash(this.head.hash, blob) };
    this.batches.push(batch);
    return Promise.resolve(batch);
  }

  tail(fromSeq: number, maxBytes: number): Promise<readonly CommittedBatch[]> {
    const found: CommittedBatch[] = [];
    let left = maxBytes;
    for (const batch of this.batches) {
      if (batch.seq < fromSeq) continue;
      left -= batch.blob.length;
      if (left < 0 && found.length > 0) break;
      found.push(batch);
    }
    return Promise.resolve(found);
  }

  snapshot(): Promise<SnapshotHead> {
    return Promise.reject(new Error('not yet'));
  }

  snapshotFile(): SnapshotFile | undefined {
    return undefined;
  }

  onSnapshot(_callback: (head: SnapshotHead) => void): () => void {
    return () => undefined;
  }

  onHealth(_callback: (health: JournalHealth) => void): () => void {
    return () => undefined;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
