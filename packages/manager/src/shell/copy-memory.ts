import type { CommittedBatch } from '../store/journal.ts';

/** The newest entries of the journal, for copies that keep up. Bounded by bytes; the oldest go first. */
export class CopyMemory {
  private readonly maxBytes: number;
  private readonly batches = new Map<number, CommittedBatch>();
  private bytes = 0;
  private firstSeq = 0;
  lastSeq: number;

  /** `lastSeq`: where the journal ends now. */
  constructor(maxBytes: number, lastSeq: number) {
    this.maxBytes = maxBytes;
    this.lastSeq = lastSeq;
  }

  add(batch: CommittedBatch): void {
    if (this.batches.size === 0) this.firstSeq = batch.seq;
    this.batches.set(batch.seq, batch);
    this.bytes += batch.blob.length;
    this.lastSeq = batch.seq;
    while (this.bytes > this.maxBytes && this.batches.size > 1) {
      this.bytes -= this.batches.get(this.firstSeq)?.blob.length ?? 0;
      this.batches.delete(this.firstSeq);
      this.firstSeq += 1;
    }
  }

  /** Batches from `seq` on, at least one and at most so many bytes; undefined when that one is not in memory. */
  from(seq: number, maxBytes: number): CommittedBatch[] | undefined {
    if (seq > this.lastSeq) return [];
    if (!this.batches.has(seq)) return undefined;
    const found: CommittedBatch[] = [];
    let bytes = 0;
    for (let at = seq; at <= this.lastSeq; at++) {
      const batch = this.batches.get(at)!;
      bytes += batch.blob.length;
      if (bytes > maxBytes && found.length > 0) break;
      found.push(batch);
    }
    return found;
  }
}
