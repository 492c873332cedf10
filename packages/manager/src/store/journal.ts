/**
 * The journal: what happened, in order, durable before it is acknowledged. One
 * row per batch of events, each chained by hash to the one before, and
 * snapshots of what replaying them gives (control-plane.md, "Durable before
 * acknowledged").
 */

export interface JournalBatch {
  /** The last + 1; the first is 1. */
  readonly seq: number;
  /** Term of the manager that wrote it. */
  readonly term: number;
  readonly blob: Uint8Array;
}

export interface CommittedBatch extends JournalBatch {
  /** SHA-256 over the hash before it, then its bytes. */
  readonly hash: Uint8Array;
}

/** A place in one history. */
export interface Position {
  /** Names the journal for ever; made with it. */
  readonly lineage: string;
  readonly term: number;
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** A piece of a snapshot, at most 1 MiB. */
export interface SnapshotSection {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface SnapshotHead extends Position {
  /** Wall clock when it was made, ms since 1970. */
  readonly atMs: number;
  readonly sizeBytes: number;
  /** Format of the state in it. */
  readonly format: number;
  /** Instances in it. */
  readonly nodes: number;
}

export interface JournalFault {
  /**
   * torn: only the last entry does not hold; broken: entries behind the break
   * exist that would be lost; unreadable: nothing can be replayed.
   */
  readonly kind: 'torn' | 'broken' | 'unreadable';
  /** First entry that does not hold. */
  readonly atSeq: number;
  /** Last entry that lies there. */
  readonly lastSeq: number;
  readonly sentence: string;
}

/** What lies in the data directory: nothing is changed yet, its lock is taken. */
export interface Survey {
  /** Nothing was ever written here. */
  readonly fresh: boolean;
  /** End of the longest unbroken chain that starts at a usable snapshot or at the beginning; seq 0 when nothing is written yet. */
  readonly head: Position | null;
  /** Those that can be used, newest last. */
  readonly snapshots: readonly SnapshotHead[];
  readonly fault: JournalFault | null;
}

export interface ReadInto {
  /** At most once, and first. */
  snapshot(head: SnapshotHead, sections: Iterable<SnapshotSection>): void;
  batch(batch: CommittedBatch): void;
}

/** A history from elsewhere that takes the place of what lies here. */
export interface JournalCopy {
  /** Path of a verified snapshot file; null when the batches begin at 1. It is copied, not moved. */
  readonly snapshot: string | null;
  readonly batches: AsyncIterable<CommittedBatch> | Iterable<CommittedBatch>;
  /** Where it ends. */
  readonly at: Position;
}

export type JournalHealth =
  | { readonly state: 'ok' }
  | {
      readonly state: 'full' | 'read-only' | 'failed-flush' | 'corrupt';
      /** What happened, to what, what to do. */
      readonly sentence: string;
      /** Wall clock since when, ms since 1970. */
      readonly sinceMs: number;
    };

export interface SnapshotFile {
  readonly head: SnapshotHead;
  readonly path: string;
  /** SHA-256 of the file, when it is known already. */
  readonly contentHash: Uint8Array | undefined;
}

export interface Journal {
  /**
   * Takes the lock of the data directory and looks at what lies there.
   * Errors: MANAGER_LIVE when another manager has it, CONFIG_INVALID when a
   * newer version wrote it or it cannot be written, DISK_FULL.
   */
  open(): Promise<Survey>;
  /** Newest usable snapshot, then every batch behind it to the head; resolves with the head, null when there is none. Before the first append. */
  read(into: ReadInto): Promise<Position | null>;
  /** Takes a copy in the place of what lies here, which is moved aside and never deleted. Before the first append. */
  install(copy: JournalCopy): Promise<void>;
  /**
   * Resolves once the batch is on disk; one at a time; the buffer is handed over.
   * Errors: JOURNAL_UNWRITABLE means that the batch is not in the journal and
   * will not be; its `seq` is given again once `health` is ok. While it is not
   * known whether a failed flush reached the disk, the promise stays open.
   */
  append(batch: JournalBatch): Promise<CommittedBatch>;
  /**
   * Committed batches from `fromSeq` on, at least one when it is there, else at
   * most so many bytes; none when trimmed away or not there yet. Waits while a
   * fault of the disk lasts. Errors: JOURNAL_UNWRITABLE when the file is damaged.
   */
  tail(fromSeq: number, maxBytes: number): Promise<readonly CommittedBatch[]>;
  /** Makes a snapshot now, or waits for the one under way; also made by itself as events and time pass. */
  snapshot(): Promise<SnapshotHead>;
  /** The newest usable one. The file stays as it is until it is removed as the fourth newest. */
  snapshotFile(): SnapshotFile | undefined;
  /**
   * Asked before the journal is trimmed: entries from the number that it gives
   * on are kept though no snapshot needs them; the function given back ends that.
   */
  keepFrom(needed: () => number | undefined): () => void;
  /** Calls back when a snapshot was made; the function given back ends that. */
  onSnapshot(callback: (head: SnapshotHead) => void): () => void;
  readonly health: JournalHealth;
  /** Calls back when the health changed; the function given back ends that. */
  onHealth(callback: (health: JournalHealth) => void): () => void;
  close(): Promise<void>;
}

/** The hash before the first batch. */
export const CHAIN_START = new Uint8Array(32);
