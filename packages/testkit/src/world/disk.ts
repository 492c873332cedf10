/**
 * A manager's data directory: the journal as a chain, with snapshots, on a disk
 * that can be full, read-only or slow, loses or tears what was not flushed when
 * the process dies, and rots. It keeps to the contract of `Journal` (store/journal.ts).
 */
import { chainHash } from '@tagmill/manager/store/chain';
import { CHAIN_START, type CommittedBatch, type JournalBatch, type JournalFault, type Position } from '@tagmill/manager/store/journal';
import { TagmillError } from '@tagmill/shared/errors';
import type { Prng } from '@tagmill/shared/prng';
import type { SimClock } from './clock.ts';
import type { FaultDice } from './faults.ts';
import type { Machine } from './machine.ts';

export interface SimSnapshot extends Position {
  readonly atMs: number;
  readonly sections: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

export interface SimSurvey {
  readonly fresh: boolean;
  readonly head: Position | null;
  readonly snapshots: readonly SimSnapshot[];
  readonly fault: JournalFault | null;
}

/** A history as it is handed from one place to another. */
export interface SimCopy {
  readonly lineage: string;
  readonly snapshot: SimSnapshot | undefined;
  readonly batches: readonly CommittedBatch[];
}

const REOPEN_MS = 500;
const SNAPSHOTS_KEPT = 3;

export class SimDisk {
  lineage = '';
  batches: CommittedBatch[] = [];
  snapshots: SimSnapshot[] = [];
  private readonly clock: SimClock;
  private readonly prng: Prng;
  private readonly dice: FaultDice;
  private readonly rotten = new Set<number>();
  private torn = false;
  private badUntilMs = 0;
  private badState: 'full' | 'read-only' = 'full';
  /** The journal of the process that has it open takes no writes; undefined while all is well. */
  private sick: 'full' | 'read-only' | 'failed-flush' | undefined;
  /** Calls of the process that has it open. */
  onHealth: (ok: boolean) => void = () => undefined;

  constructor(clock: SimClock, prng: Prng, dice: FaultDice) {
    this.clock = clock;
    this.prng = prng;
    this.dice = dice;
  }

  get healthy(): boolean {
    return this.sick === undefined;
  }

  get head(): Position {
    const last = this.batches.at(-1) ?? this.snapshots.at(-1);
    if (last === undefined) return { lineage: this.lineage, term: 0, seq: 0, hash: CHAIN_START };
    return { lineage: this.lineage, term: last.term, seq: last.seq, hash: last.hash };
  }

  /** Full or read-only for a while. */
  fail(state: 'full' | 'read-only', forMs: number): void {
    this.badState = state;
    this.badUntilMs = Math.max(this.badUntilMs, this.clock.nowMs + forMs);
  }

  /** One entry cannot be read any more; it is noticed at the next start. */
  rot(): number {
    if (this.batches.length === 0) return 0;
    const { seq } = this.prng.pick(this.batches);
    this.rotten.add(seq);
    return seq;
  }

  /** The data directory is gone. */
  wipe(): void {
    this.lineage = '';
    this.batches = [];
    this.snapshots = [];
    this.rotten.clear();
    this.torn = false;
  }

  /** A process takes it and looks; `newLineage` is used when nothing lies there. */
  survey(newLineage: string): SimSurvey {
    this.sick = undefined;
    const fresh = this.lineage === '';
    if (fresh) this.lineage = newLineage;
    const snapshot = this.snapshots.at(-1);
    let head: Position = snapshot ?? { lineage: this.lineage, term: 0, seq: 0, hash: CHAIN_START };
    let fault: JournalFault | null = null;
    const lastSeq = (this.batches.at(-1)?.seq ?? head.seq) + (this.torn ? 1 : 0);
    for (const batch of this.batches) {
      if (batch.seq <= head.seq) continue;
      if (this.rotten.has(batch.seq)) break;
      head = { lineage: this.lineage, term: batch.term, seq: batch.seq, hash: batch.hash };
    }
    if (head.seq < lastSeq) {
      const kind = head.seq + 1 === lastSeq ? 'torn' : 'broken';
      fault = { kind, atSeq: head.seq + 1, lastSeq, sentence: `entry ${head.seq + 1} of ${lastSeq} does not hold` };
    }
    return { fresh, head, snapshots: this.snapshots, fault };
  }

  /** What does not hold is moved aside: from here on the chain ends at the head of the survey. */
  cutTo(head: Position): void {
    this.batches = this.batches.filter((batch) => batch.seq <= head.seq);
    this.rotten.clear();
    this.torn = false;
  }

  install(copy: SimCopy): void {
    this.wipe();
    this.lineage = copy.lineage;
    if (copy.snapshot !== undefined) this.snapshots = [copy.snapshot];
    this.batches = [...copy.batches];
  }

  /** The batch with its place in the chain. */
  follow(batch: JournalBatch): CommittedBatch {
    return { ...batch, hash: chainHash(this.head.hash, batch.blob) };
  }

  /** One at a time. `done` is called once it is on disk, or with JOURNAL_UNWRITABLE when it is not and will not be. */
  append(committed: CommittedBatch, machine: Machine, done: (error?: unknown) => void): void {
    const flushMs = this.dice.hits('disk-slow') ? this.dice.of('disk-slow').between(200, 2_000) : this.prng.between(1, 20);
    if (this.clock.nowMs < this.badUntilMs) {
      machine.after(flushMs, () => this.refuse(this.badState, machine, done));
      return;
    }
    let written = false;
    const write = () => {
      written = true;
      this.batches.push(committed);
    };
    const reachesMs = this.prng.between(0, flushMs);
    // The process may die meanwhile: what it wrote may still come to rest, whole or torn, until another opens the file.
    const cancel = machine.onDeath(() => this.crashed(written, write));
    if (this.dice.hits('flush-fails')) {
      const reached = this.dice.of('flush-fails').chance(0.5);
      machine.after(flushMs, () => {
        cancel();
        if (reached) write();
        this.sick = 'failed-flush';
        this.onHealth(false);
        // The handle is closed and a new one is opened, which says what became of it.
        machine.after(REOPEN_MS, () => {
          this.sick = undefined;
          if (reached) done();
          else done(unwritable('failed-flush'));
          this.onHealth(true);
        });
      });
      return;
    }
    machine.after(reachesMs, write);
    machine.after(flushMs, () => {
      cancel();
      done();
    });
  }

  /** Batches from a number on; undefined when they are trimmed away. */
  tail(fromSeq: number): readonly CommittedBatch[] | undefined {
    const first = this.batches[0]?.seq ?? this.head.seq + 1;
    return fromSeq < first ? undefined : this.batches.slice(fromSeq - first);
  }

  /** A snapshot is in place; the journal behind the oldest one kept is trimmed. */
  keep(snapshot: SimSnapshot): void {
    this.snapshots.push(snapshot);
    if (this.snapshots.length > SNAPSHOTS_KEPT) this.snapshots.shift();
    if (this.snapshots.length === SNAPSHOTS_KEPT) this.batches = this.batches.filter((batch) => batch.seq > this.snapshots[0]!.seq);
  }

  private crashed(written: boolean, write: () => void): void {
    if (written) return;
    const fate = this.prng.between(0, 2);
    if (fate === 0) write();
    else if (fate === 1) this.torn = true;
  }

  private refuse(state: 'full' | 'read-only', machine: Machine, done: (error?: unknown) => void): void {
    this.sick = state;
    this.onHealth(false);
    const look = () =>
      machine.after(REOPEN_MS, () => {
        if (this.clock.nowMs < this.badUntilMs) {
          look();
          return;
        }
        this.sick = undefined;
        this.onHealth(true);
      });
    look();
    done(unwritable(state));
  }
}

const unwritable = (state: string): TagmillError => new TagmillError('JOURNAL_UNWRITABLE', `the journal takes no writes (${state})`);
