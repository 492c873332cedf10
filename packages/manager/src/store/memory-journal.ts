import { randomUUID } from 'node:crypto';
import { TagmillError } from '@tagmill/shared/errors';
import { apply } from '../core/apply.ts';
import { decodeState } from '../core/snapshot/decode.ts';
import { encodeState } from '../core/snapshot/encode.ts';
import { STATE_FORMAT } from '../core/snapshot/section.ts';
import { DEFAULT_SETTINGS, emptyState } from '../core/state.ts';
import { chainHash } from './chain.ts';
import { decodeBatch } from './codec.ts';
import type { FaultState } from './disk-state.ts';
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
  type SnapshotSection,
  type Survey,
} from './journal.ts';
import { Listeners } from './listeners.ts';
import { NeededEntries } from './needed-entries.ts';
import { readSections, verifySnapshotFile } from './snapshot-file.ts';
import { SNAPSHOTS_KEPT } from './snapshot-folder.ts';
import { linkFault } from './walk-chain.ts';

interface MemorySnapshot {
  readonly head: SnapshotHead;
  readonly sections: readonly SnapshotSection[];
}

/** What stays when a journal in memory is closed. */
export interface MemoryDisk {
  base: Position;
  batches: CommittedBatch[];
  snapshots: MemorySnapshot[];
}

export const memoryDisk = (lineage: string = randomUUID()): MemoryDisk => ({
  base: { lineage, term: 0, seq: 0, hash: CHAIN_START },
  batches: [],
  snapshots: [],
});

/** How the next write fails; `reached`: a failed flush that is on disk all the same. */
export interface MemoryFault {
  readonly state: FaultState;
  readonly reached: boolean;
}

/** The journal's twin in memory, for tests. */
export class MemoryJournal implements Journal {
  readonly disk: MemoryDisk;
  /** Set by a test; the next write takes it. */
  nextFault: MemoryFault | undefined;
  health: JournalHealth = { state: 'ok' };
  private readonly healthListeners = new Listeners<JournalHealth>();
  private readonly needed = new NeededEntries();
  private readonly snapshotListeners = new Listeners<SnapshotHead>();
  private settle: (() => void) | undefined;

  constructor(disk: MemoryDisk = memoryDisk()) {
    this.disk = disk;
  }

  open(): Promise<Survey> {
    const { batches, snapshots } = this.disk;
    const heads = snapshots.map(({ head }) => head);
    return Promise.resolve({ fresh: batches.length === 0 && heads.length === 0, head: this.head(), snapshots: heads, fault: null });
  }

  read(into: ReadInto): Promise<Position | null> {
    const newest = this.disk.snapshots.at(-1);
    if (newest !== undefined) into.snapshot(newest.head, newest.sections);
    for (const batch of this.disk.batches) if (batch.seq > (newest?.head.seq ?? 0)) into.batch(batch);
    return Promise.resolve(this.head());
  }

  async install({ snapshot, batches, at }: JournalCopy): Promise<void> {
    const fresh = memoryDisk(at.lineage);
    if (snapshot !== null) {
      const head = verifySnapshotFile(snapshot);
      fresh.snapshots.push({ head, sections: [...readSections(snapshot)] });
      fresh.base = head;
    }
    const copy = new MemoryJournal(fresh);
    for await (const batch of batches) {
      const fault = linkFault(copy.head(), batch);
      if (fault !== undefined) throw new TagmillError('INTERNAL', `a copy of the journal does not hold: ${fault}`);
      fresh.batches.push(batch);
    }
    if (copy.head().seq !== at.seq) throw new TagmillError('INTERNAL', `a copy of the journal ends at entry ${copy.head().seq}`);
    Object.assign(this.disk, fresh);
  }

  append({ seq, term, blob }: JournalBatch): Promise<CommittedBatch> {
    const batch = { seq, term, blob: blob.slice(), hash: chainHash(this.head().hash, blob) };
    const fault = this.nextFault;
    this.nextFault = undefined;
    if (fault === undefined) {
      this.disk.batches.push(batch);
      return Promise.resolve(batch);
    }
    const sentence = `the journal in memory takes no writes: ${fault.state}`;
    this.tell({ state: fault.state, sentence, sinceMs: 0 });
    const refusal = new TagmillError('JOURNAL_UNWRITABLE', sentence);
    if (fault.state !== 'failed-flush') return Promise.reject(refusal);
    if (fault.reached) this.disk.batches.push(batch);
    return new Promise((resolve, reject) => {
      this.settle = () => (fault.reached ? resolve(batch) : reject(refusal));
    });
  }

  /** The disk takes writes again: what was unknown is settled. A damaged one stays so. */
  heal(): void {
    if (this.health.state === 'corrupt') return;
    this.settle?.();
    this.settle = undefined;
    this.tell({ state: 'ok' });
  }

  tail(fromSeq: number, maxBytes: number): Promise<readonly CommittedBatch[]> {
    const found: CommittedBatch[] = [];
    let left = maxBytes;
    for (const batch of this.disk.batches) {
      if (batch.seq < fromSeq) continue;
      left -= batch.blob.length;
      if (batch.seq !== fromSeq + found.length || (left < 0 && found.length > 0)) break;
      found.push(batch);
    }
    return Promise.resolve(found);
  }

  snapshot(): Promise<SnapshotHead> {
    const at = this.head();
    const newest = this.disk.snapshots.at(-1);
    if (newest?.head.seq === at.seq) return Promise.resolve(newest.head);
    const state = newest === undefined ? emptyState() : decodeState(newest.sections, DEFAULT_SETTINGS);
    for (const { seq, blob } of this.disk.batches)
      if (seq > (newest?.head.seq ?? 0)) for (const stamped of decodeBatch(blob)) apply(state, stamped);
    const sections = [...encodeState(state)];
    const sizeBytes = sections.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const nodes = [...state.runs.values()].reduce((sum, run) => sum + run.size, 0);
    const head: SnapshotHead = { ...at, atMs: state.atMs, sizeBytes, format: STATE_FORMAT, nodes };
    this.disk.snapshots = [...this.disk.snapshots, { head, sections }].slice(-SNAPSHOTS_KEPT);
    if (this.disk.snapshots.length === SNAPSHOTS_KEPT) this.trim(this.disk.snapshots[0]!.head);
    this.snapshotListeners.tell(head);
    return Promise.resolve(head);
  }

  snapshotFile(): SnapshotFile | undefined {
    const head = this.disk.snapshots.at(-1)?.head;
    return head === undefined ? undefined : { head, path: `memory:${head.seq}`, contentHash: undefined };
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

  close(): Promise<void> {
    return Promise.resolve();
  }

  private head(): Position {
    const { base, batches } = this.disk;
    const last = batches.at(-1) ?? base;
    return { lineage: base.lineage, term: last.term, seq: last.seq, hash: last.hash };
  }

  private trim({ lineage, seq: toSeq }: Position): void {
    const spare = this.needed.lastSpare(toSeq);
    const last = this.disk.batches.findLast((batch) => batch.seq <= spare);
    if (last === undefined) return;
    this.disk.base = { lineage, term: last.term, seq: last.seq, hash: last.hash };
    this.disk.batches = this.disk.batches.filter((batch) => batch.seq > last.seq);
  }

  private tell(health: JournalHealth): void {
    this.health = health;
    this.healthListeners.tell(health);
  }
}
