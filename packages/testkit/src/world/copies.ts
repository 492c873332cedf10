/**
 * Copies of the journal on executors: what an executor keeps on its disk, and
 * what the manager sends to each, as it is committed.
 */
import { chainHash, sameBytes } from '@tagmill/manager/store/chain';
import { CHAIN_START, type CommittedBatch, type Position } from '@tagmill/manager/store/journal';
import type { SimCopy, SimDisk } from './disk.ts';

/** Batches in one message. */
const MOST_BATCHES = 64;

/** From the manager: all of it, or what comes behind. */
export interface ReplicaFrames {
  readonly type: 'replica';
  readonly lineage: string;
  readonly whole: SimCopy | undefined;
  readonly batches: readonly CommittedBatch[];
}

/** What one executor keeps; survives its process, not its disk. */
export class KeptCopy {
  copy: SimCopy = { lineage: '', snapshot: undefined, batches: [] };
  /** By the clock of its own machine. */
  writtenMs = 0;

  get at(): Position | undefined {
    const { lineage, snapshot, batches } = this.copy;
    if (lineage === '') return undefined;
    const last = batches.at(-1) ?? snapshot;
    return { lineage, term: last?.term ?? 0, seq: last?.seq ?? 0, hash: last?.hash ?? CHAIN_START };
  }

  /** Takes what was sent. False when it does not follow from what is there: it must be sent whole. */
  take(frames: ReplicaFrames): boolean {
    if (frames.whole !== undefined) this.copy = { ...frames.whole, batches: [...frames.whole.batches] };
    if (this.copy.lineage !== frames.lineage) return false;
    const batches = [...this.copy.batches];
    let at = this.at!;
    for (const batch of frames.batches) {
      if (batch.seq <= at.seq) continue;
      if (batch.seq !== at.seq + 1 || !sameBytes(chainHash(at.hash, batch.blob), batch.hash)) return false;
      batches.push(batch);
      at = { ...at, term: batch.term, seq: batch.seq, hash: batch.hash };
    }
    this.copy = { ...this.copy, batches };
    return true;
  }

  wipe(): void {
    this.copy = { lineage: '', snapshot: undefined, batches: [] };
  }
}

/** What was sent to one executor, and what it has on its disk. */
export class CopyFeed {
  private readonly disk: SimDisk;
  private readonly send: (frames: ReplicaFrames) => void;
  private sentSeq = 0;
  private whole = true;
  private underWay = false;
  private readonly goal: number;
  private acked = 0;
  /** The leader's row knows of it: only then it may be relied on. */
  counts = false;

  /** `at`: what the executor says it has. */
  constructor(disk: SimDisk, at: Position | undefined, send: (frames: ReplicaFrames) => void) {
    this.disk = disk;
    this.send = send;
    this.goal = disk.head.seq;
    if (at !== undefined && isOn(disk, at)) {
      this.whole = false;
      this.sentSeq = at.seq;
      this.acked = at.seq;
    }
  }

  /** It holds all that there was when it began to be sent. */
  get holds(): boolean {
    return this.acked > 0 && this.acked >= this.goal;
  }

  /** Entries up to here are in its copy, and the row knows that it has one. */
  get countedSeq(): number {
    return this.counts ? this.acked : 0;
  }

  /** Sends the next part, unless one is under way or there is none. */
  pump(): void {
    if (this.underWay || (!this.whole && this.sentSeq >= this.disk.head.seq)) return;
    const { lineage, snapshots } = this.disk;
    const snapshot = snapshots.at(-1);
    const behind = this.whole ? undefined : this.disk.tail(this.sentSeq + 1);
    const whole = behind === undefined ? { lineage, snapshot, batches: [] } : undefined;
    const batches = (behind ?? this.disk.tail((snapshot?.seq ?? 0) + 1) ?? []).slice(0, MOST_BATCHES);
    this.underWay = true;
    this.whole = false;
    this.sentSeq = batches.at(-1)?.seq ?? whole?.snapshot?.seq ?? this.sentSeq;
    this.send({ type: 'replica', lineage, whole, batches });
  }

  /** The executor has it on its disk up to here, or wants all of it again. */
  answered(seq: number, again: boolean): void {
    this.underWay = false;
    this.acked = again ? 0 : Math.max(this.acked, seq);
    if (again) this.whole = true;
    this.pump();
  }
}

function isOn(disk: SimDisk, at: Position): boolean {
  if (at.lineage !== disk.lineage) return false;
  if (at.seq === 0) return true;
  const there = disk.batches.find((batch) => batch.seq === at.seq) ?? disk.snapshots.find((one) => one.seq === at.seq);
  return there !== undefined && sameBytes(there.hash, at.hash);
}
