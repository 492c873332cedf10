/** What a copy is made of, as the manager sends it. The signatures are the manager's: an executor only keeps them. */

/** A place in one history. */
export interface CopyPlace {
  readonly lineage: string;
  readonly term: number;
  readonly seq: number;
  /** Chain hash at `seq`. */
  readonly hash: Uint8Array;
}

/** A batch of the journal. */
export interface CopiedBatch extends CopyPlace {
  readonly mac: Uint8Array;
  readonly blob: Uint8Array;
}

/** A snapshot of the state at `seq`; its bytes are a file. */
export interface CopiedSnapshot extends CopyPlace {
  readonly mac: Uint8Array;
  /** SHA-256 of the file. */
  readonly contentHash: Uint8Array;
  readonly sizeBytes: number;
}

/** Where a copy ends: all that its manager, or the next one, needs to judge it. */
export interface CopyHead extends CopyPlace {
  readonly mac: Uint8Array;
  /** Of the snapshot, when nothing follows it; empty else. */
  readonly contentHash: Uint8Array;
  /** 0: the copy begins with the first entry. */
  readonly snapshotSeq: number;
  readonly sizeBytes: number;
  readonly writtenMs: number;
}

export const NO_BYTES = new Uint8Array(0);
/** The hash before the first entry. */
export const CHAIN_START = new Uint8Array(32);

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
