/**
 * Brings one executor's copy up to date and keeps it so. Bounded by what is
 * under way: beyond it nothing more is sent until the executor has written.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { failpoint } from '@tagmill/shared/failpoint';
import type { ReplicaFrame } from '@tagmill/shared/gen/tagmill/v1/ReplicaFrame';
import { LIMITS } from '@tagmill/shared/limits';
import { type CopyHead, frameOf, type OutgoingFrame } from '../grpc/wire.ts';
import { sameBytes } from '../store/chain.ts';
import type { CommittedBatch, Journal, SnapshotFile } from '../store/journal.ts';
import { isSignedHead } from './candidates.ts';
import type { CopyMemory } from './copy-memory.ts';
import { signatureOf } from './recovery-key.ts';
import type { SnapshotHashes } from './snapshot-hashes.ts';

export interface FeedAck {
  readonly lineage: string;
  readonly seq: number;
  readonly snapshotSeq: number;
  readonly bytes: number;
  readonly problem: string;
}

export interface FeedPorts {
  readonly name: string;
  readonly lineage: string;
  readonly key: Uint8Array;
  readonly memory: CopyMemory;
  readonly hashes: SnapshotHashes;
  readonly journal: Pick<Journal, 'tail' | 'snapshotFile'>;
  readonly send: (frames: readonly ReplicaFrame[]) => boolean;
  /** Whether a part of a snapshot of so many bytes may go out now; else the replicator's clock wakes the feed. */
  readonly mayTake: (snapshotBytes: number) => boolean;
  /** It has no snapshot under way any more. */
  readonly over: () => void;
  /** Signature of a batch, made once for all copies. */
  readonly sign: (batch: CommittedBatch) => Uint8Array;
  readonly failed: (error: unknown) => void;
  /** Its copy has all that there was when it began to be sent. */
  readonly holding: () => void;
  /** The executor has entries of this history that the journal does not have. */
  readonly further: (head: CopyHead) => void;
}

const PART_BYTES = 192 * 1024;
/** Copied and encrypted in one go, by the loop's thread. */
const SNAPSHOT_PART_BYTES = 64 * 1024;
/** Below what a stream takes in one message. */
const MESSAGE_BYTES = LIMITS.messageBytes - 32 * 1024;
const SNAPSHOT = 1;
const SNAPSHOT_AHEAD_BYTES = 512 * 1024;
const MESSAGE_FRAMES = 512;
/** Of a frame beside its data, at most: names, hashes, numbers. */
const FRAME_BYTES = 256;
/** A snapshot is sent again once the entries behind the one it has outweigh it, and this. */
const LEAST_TAIL_BYTES = 8 * 1024 * 1024;
/** Times that a copy may be begun anew because it did not follow. */
const MOST_BEGINNINGS = 5;

/** So long the journal is kept for a copy that begins: else each newer snapshot would trim what it needs next, and none would ever be whole. */
const KEPT_FOR_MS = 120_000;

interface SnapshotUnderWay {
  readonly of: OutgoingFrame;
  readonly file: FileHandle;
  part: number;
  offset: number;
}

export class CopyFeed {
  readonly name: string;
  private readonly ports: FeedPorts;
  private nextSeq = 0;
  private snapshotSeq = 0;
  private tailBytes = 0;
  private sentBytes = 0;
  private ackedBytes = 0;
  /** Acknowledgements from here on are of the copy as it is sent now. */
  private trustedFromBytes = 0;
  /** All of what its copy begins with is cut into frames. */
  private begun = false;
  private begunMs = 0;
  private goalSeq = 0;
  private beginnings = 0;
  private snapshot: SnapshotUnderWay | undefined;
  /** What was cut into frames and not sent yet. */
  private ready: ReplicaFrame[] = [];
  private busy = false;
  private stopped = false;
  /** It could send no more: an acknowledgement or the replicator's clock wakes it, not its own end. */
  private held = false;
  ackedSeq = 0;
  /** It holds all that there was when it began to be sent. */
  holds = false;
  /** The leader's row knows of it. */
  counts = false;
  /** Why it is given up. */
  broken: string | undefined;

  constructor(ports: FeedPorts) {
    this.ports = ports;
    this.name = ports.name;
  }

  /** The entry from which on the journal is still needed for a copy that begins; undefined when it follows, or has taken too long. */
  get neededSeq(): number | undefined {
    return this.holds || performance.now() - this.begunMs > KEPT_FOR_MS ? undefined : this.nextSeq;
  }

  /** Entries up to here are in its copy, and the row knows that it has one. */
  get countedSeq(): number {
    return this.counts ? this.ackedSeq : 0;
  }

  /** `head`: where its copy of this history ends, when it has one. */
  start(head: CopyHead | undefined): void {
    this.goalSeq = this.ports.memory.lastSeq;
    this.begunMs = performance.now();
    this.run(async () => {
      if (head !== undefined && head.seq > this.goalSeq && isSignedHead(this.ports.key, head)) this.ports.further(head);
      const follows = head !== undefined && isSignedHead(this.ports.key, head) && (await this.isOurs(head));
      if (!follows) {
        await this.begin();
        return;
      }
      this.nextSeq = head.seq + 1;
      this.ackedSeq = head.seq;
      this.snapshotSeq = head.snapshotSeq;
      this.tailBytes = head.sizeBytes;
      // It may come back with all there is: then no acknowledgement will follow.
      if (head.seq >= this.goalSeq) this.holdsAll();
    });
  }

  wake(): void {
    if (this.busy || this.stopped) return;
    if (this.ready.length === 0 && this.snapshot === undefined && this.nextSeq > this.ports.memory.lastSeq && !this.wantsSnapshot()) return;
    this.run(async () => this.pump());
  }

  acknowledged(ack: FeedAck): void {
    this.ackedBytes = Math.max(this.ackedBytes, ack.bytes);
    if (ack.bytes < this.trustedFromBytes || ack.problem === '') {
      if (ack.bytes >= this.trustedFromBytes) this.ackedSeq = Math.max(this.ackedSeq, ack.seq);
      if (this.ackedSeq >= this.goalSeq && this.ackedSeq > 0) this.holdsAll();
      this.wake();
      return;
    }
    this.beginnings += 1;
    if (this.beginnings > MOST_BEGINNINGS) this.broken = ack.problem;
    else this.run(async () => this.begin());
  }

  private holdsAll(): void {
    if (this.holds || this.stopped) return;
    this.holds = true;
    this.ports.holding();
  }

  stop(): void {
    this.stopped = true;
    this.dropSnapshot();
  }

  /** One step after the other; what comes while one is under way is seen by the next wake. */
  private run(step: () => Promise<void>): void {
    if (this.busy) {
      // Only a beginning may come in between: it is done as soon as the step ends.
      this.queued = step;
      return;
    }
    this.busy = true;
    this.held = false;
    step()
      .catch((error: unknown) => {
        this.broken = error instanceof Error ? error.message : String(error);
        this.ports.failed(error);
      })
      .finally(() => {
        this.busy = false;
        const next = this.queued;
        this.queued = undefined;
        if (this.stopped) this.dropSnapshot();
        else if (next !== undefined) this.run(next);
        else if (this.broken === undefined && !this.held) this.wake();
      });
  }

  private queued: (() => Promise<void>) | undefined;

  /** Whether the journal says the same of the place where the copy ends. */
  private async isOurs(head: CopyHead): Promise<boolean> {
    const [at] = (await this.batches(head.seq, 1)) ?? [];
    if (at !== undefined && at.seq === head.seq) return at.term === head.term && sameBytes(at.hash, head.hash);
    const snapshot = this.ports.journal.snapshotFile()?.head;
    return snapshot?.seq === head.seq && snapshot.term === head.term && sameBytes(snapshot.hash, head.hash);
  }

  /** Its copy begins anew: with the newest snapshot, or with the first entry while there is none. */
  private async begin(): Promise<void> {
    this.ready = [];
    this.dropSnapshot();
    this.holds = false;
    this.counts = false;
    this.ackedSeq = 0;
    this.goalSeq = this.ports.memory.lastSeq;
    this.trustedFromBytes = Number.POSITIVE_INFINITY;
    this.begun = false;
    this.begunMs = performance.now();
    const newest = this.ports.journal.snapshotFile();
    if (newest !== undefined) {
      await this.openSnapshot(newest, true);
      this.nextSeq = newest.head.seq + 1;
      return;
    }
    this.nextSeq = 1;
    this.snapshotSeq = 0;
    this.tailBytes = 0;
  }

  private async pump(): Promise<void> {
    while (!this.stopped && this.queued === undefined) {
      if (this.ready.length === 0) await this.cut();
      if (this.ready.length === 0) return;
      // What is not urgent must not stand before what is: a snapshot is sent in few parts at a time.
      const isSnapshot = this.ready[0]!.kind === SNAPSHOT;
      const ahead = isSnapshot ? SNAPSHOT_AHEAD_BYTES : LIMITS.copyAheadBytes;
      const frames = messageOf(this.ready);
      const isBehind = this.sentBytes - this.ackedBytes >= ahead;
      // It is slow just now: another's snapshot may go out meanwhile.
      if (isBehind && isSnapshot) this.ports.over();
      this.held = isBehind || (isSnapshot && !this.ports.mayTake(dataBytes(frames[0]!))) || !this.ports.send(frames);
      if (this.held) return;
      failpoint('manager.copy.sent');
      this.ready = this.ready.slice(frames.length);
      for (const frame of frames) this.sentBytes += dataBytes(frame);
      if (isSnapshot && this.snapshot === undefined) this.ports.over();
      if (this.begun && this.ready.length === 0 && this.trustedFromBytes === Number.POSITIVE_INFINITY)
        this.trustedFromBytes = this.sentBytes;
    }
  }

  /** The next message: entries first, and a snapshot in between when nothing else is to be sent; a copy that begins needs its snapshot first. */
  private async cut(): Promise<void> {
    if (this.snapshot?.of.begins === true) {
      await this.cutSnapshot(this.snapshot);
      return;
    }
    const batches = await this.batches(this.nextSeq, PART_BYTES);
    if (batches === undefined) {
      // The journal is trimmed behind it: it has to begin anew.
      await this.begin();
      if (this.snapshot === undefined) return;
      await this.cutSnapshot(this.snapshot);
      return;
    }
    for (const batch of batches) this.cutBatch(batch);
    if (batches.length > 0) return;
    if (this.snapshot === undefined && this.wantsSnapshot()) {
      const newest = this.ports.journal.snapshotFile();
      if (newest !== undefined) await this.openSnapshot(newest, false);
    }
    if (this.snapshot !== undefined) await this.cutSnapshot(this.snapshot);
  }

  /** Undefined when the journal does not have it any more; none when it is not there yet. */
  private async batches(seq: number, maxBytes: number): Promise<readonly CommittedBatch[] | undefined> {
    const { memory, journal } = this.ports;
    const near = memory.from(seq, maxBytes);
    if (near !== undefined) return near.slice(0, MESSAGE_FRAMES);
    const found = await journal.tail(seq, maxBytes);
    if (found.length > 0) return found[0]!.seq === seq ? found.slice(0, MESSAGE_FRAMES) : undefined;
    return seq <= Math.max(memory.lastSeq, journal.snapshotFile()?.head.seq ?? 0) ? undefined : [];
  }

  private cutBatch(batch: CommittedBatch): void {
    const { seq, term, hash, blob } = batch;
    const { lineage } = this.ports;
    const begins = seq === 1;
    const mac = this.ports.sign(batch);
    const of: OutgoingFrame = { kind: 'batch', lineage, term, seq, hash, mac, contentHash: NONE, sizeBytes: blob.length, begins };
    for (let part = 0, at = 0; part === 0 || at < blob.length; part += 1, at += PART_BYTES)
      this.ready.push(frameOf(of, part, at + PART_BYTES >= blob.length, blob.subarray(at, at + PART_BYTES)));
    this.nextSeq = seq + 1;
    this.tailBytes += blob.length;
    this.begun ||= begins;
  }

  private wantsSnapshot(): boolean {
    if (this.snapshot !== undefined || this.tailBytes < LEAST_TAIL_BYTES) return false;
    const newest = this.ports.journal.snapshotFile()?.head;
    return newest !== undefined && newest.seq > this.snapshotSeq && newest.seq < this.nextSeq && this.tailBytes > newest.sizeBytes;
  }

  private async openSnapshot(snapshot: SnapshotFile, begins: boolean): Promise<void> {
    const { lineage, key, hashes } = this.ports;
    const { head, path } = snapshot;
    // Open from here on: it stays readable when newer ones push it out.
    const file = await open(path, 'r');
    try {
      const contentHash = await hashes.of(snapshot, file);
      const { term, seq, hash } = head;
      const mac = signatureOf(key, 'snapshot', { lineage, term, seq, hash }, contentHash);
      const { size } = await file.stat();
      const of: OutgoingFrame = { kind: 'snapshot', lineage, term, seq, hash, mac, contentHash, sizeBytes: size, begins };
      this.snapshot = { of, file, part: 0, offset: 0 };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private async cutSnapshot(snapshot: SnapshotUnderWay): Promise<void> {
    const { of, file } = snapshot;
    const data = Buffer.allocUnsafe(Math.min(SNAPSHOT_PART_BYTES, of.sizeBytes - snapshot.offset));
    const { bytesRead } = await file.read(data, 0, data.length, snapshot.offset);
    const last = snapshot.offset + bytesRead >= of.sizeBytes;
    this.ready.push(frameOf(of, snapshot.part, last, data.subarray(0, bytesRead)));
    snapshot.part += 1;
    snapshot.offset += bytesRead;
    if (!last) return;
    this.begun ||= of.begins;
    this.snapshotSeq = of.seq;
    this.tailBytes = 0;
    this.dropSnapshot();
  }

  private dropSnapshot(): void {
    const { snapshot } = this;
    this.snapshot = undefined;
    this.ports.over();
    snapshot?.file.close().catch((error: unknown) => this.ports.failed(error));
  }
}

const NONE = new Uint8Array(0);

const dataBytes = (frame: ReplicaFrame): number => (frame.data as Uint8Array).length;

/** As many of the frames as a message holds: a large entry goes out in several, or the stream would be ended for its size. */
function messageOf(frames: readonly ReplicaFrame[]): ReplicaFrame[] {
  let bytes = 0;
  let count = 0;
  for (const frame of frames) {
    bytes += dataBytes(frame) + FRAME_BYTES;
    if (count > 0 && (bytes > MESSAGE_BYTES || count === MESSAGE_FRAMES)) break;
    count += 1;
  }
  return frames.slice(0, count);
}
