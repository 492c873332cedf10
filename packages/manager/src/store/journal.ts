/**
 * The journal: what happened, in order, durable before it is acknowledged. One
 * row per batch of events, each chained by hash to the one before
 * (control-plane.md, "Durable before acknowledged").
 */
export interface JournalBatch {
  readonly seq: number;
  readonly blob: Uint8Array;
}

export interface JournalHead {
  /** Names this journal for ever; made with it. */
  readonly lineage: string;
  /** Number of the last batch, 0 when empty. */
  readonly seq: number;
}

export interface Journal {
  /** Opens it, takes its lock, and gives every batch in order, chain verified, to `each`. */
  open(each: (batch: JournalBatch) => void): Promise<JournalHead>;
  /** Resolves once the batch is on disk. One at a time; `seq` is the last + 1. The buffer is handed over. */
  append(batch: JournalBatch): Promise<void>;
  close(): Promise<void>;
}

/** Hash of a batch: SHA-256 over the hash before it, then its bytes. */
export const CHAIN_START = new Uint8Array(32);
