/** Numbers what changes of each topic: snapshots, and deltas that a reader may have missed. Pure. */
import type { DeltaMessage, FeedRecord, FeedTables, SnapshotMessage } from '@tagmill/shared/feed/reducer';

type Send = (message: DeltaMessage) => void;

/** Deltas of a topic that are kept for those who come back. */
const KEPT = 200;

/** What is numbered: the tables of a topic as they are now; null: there is no such topic. */
interface Source {
  readonly epoch: string;
  readonly nowMs: number;
  tables(topic: string): FeedTables | null;
}

export class FakeTopics {
  readonly #source: Source;
  readonly #topics = new Map<string, { seq: number; tables: FeedTables; log: DeltaMessage[] }>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** Another process numbers anew. */
  clear(): void {
    this.#topics.clear();
  }

  /** Snapshot of a topic as it is now. */
  snapshot(topic: string): SnapshotMessage | null {
    this.flush(topic);
    const kept = this.#topics.get(topic);
    return kept === undefined
      ? null
      : { type: 'snapshot', topic, epoch: this.#source.epoch, seq: kept.seq, atMs: this.#source.nowMs, tables: kept.tables };
  }

  /** Deltas after a number, or null when they are not kept. */
  since(topic: string, epoch: string, seq: number): DeltaMessage[] | null {
    const kept = this.#topics.get(topic);
    if (kept === undefined || epoch !== this.#source.epoch || seq > kept.seq || (kept.log[0]?.seq ?? kept.seq + 1) > seq + 1) return null;
    return kept.log.filter((delta) => delta.seq > seq);
  }

  /** Makes the delta from what was last told of a topic to what is now, and hands it out. */
  flush(topic: string, send?: Send): void {
    const tables = this.#source.tables(topic);
    if (tables === null) return;
    const kept = this.#topics.get(topic);
    if (kept === undefined) {
      this.#topics.set(topic, { seq: 1, tables, log: [] });
      return;
    }
    const set: Record<string, Record<string, FeedRecord>> = {};
    for (const [table, records] of Object.entries(tables)) {
      for (const [id, record] of Object.entries(records)) {
        const before = kept.tables[table]?.[id] ?? {};
        const changed = Object.entries(record).filter(([field, value]) => JSON.stringify(before[field]) !== JSON.stringify(value));
        if (changed.length > 0) set[table] = { ...set[table], [id]: Object.fromEntries(changed) };
      }
    }
    if (Object.keys(set).length === 0) return;
    kept.seq += 1;
    kept.tables = tables;
    const delta: DeltaMessage = { type: 'delta', topic, epoch: this.#source.epoch, seq: kept.seq, atMs: this.#source.nowMs, set };
    kept.log = [...kept.log, delta].slice(-KEPT);
    send?.(delta);
  }
}
