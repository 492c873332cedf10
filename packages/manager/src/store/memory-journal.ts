import type { Journal, JournalBatch, JournalHead } from './journal.ts';

/** The journal's twin in memory, for the simulated world and for tests. */
export class MemoryJournal implements Journal {
  readonly lineage: string;
  readonly batches: JournalBatch[] = [];

  constructor(lineage: string) {
    this.lineage = lineage;
  }

  open(each: (batch: JournalBatch) => void): Promise<JournalHead> {
    for (const batch of this.batches) each(batch);
    return Promise.resolve({ lineage: this.lineage, seq: this.batches.length });
  }

  append(batch: JournalBatch): Promise<void> {
    this.batches.push({ seq: batch.seq, blob: batch.blob.slice() });
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
