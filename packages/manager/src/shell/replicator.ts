/**
 * Keeps copies of the journal on executors: what is committed goes out to each
 * as fast as it takes it, from memory while it keeps up, from the journal when
 * it fell behind. The loop never waits for a copy, but with `durability:
 * copied` for the first of them.
 */
import type { ReplicaFrame } from '@tagmill/shared/gen/tagmill/v1/ReplicaFrame';
import { TagmillError } from '@tagmill/shared/errors';
import { LIMITS } from '@tagmill/shared/limits';
import type { CopyHead } from '../grpc/wire.ts';
import type { CommittedBatch, Journal, SnapshotHead } from '../store/journal.ts';
import { CopyFeed, type FeedAck } from './copy-feed.ts';
import { CopyMemory } from './copy-memory.ts';
import { signatureOf } from './recovery-key.ts';
import { SnapshotHashes } from './snapshot-hashes.ts';

export interface ReplicatorPorts {
  readonly journal: Pick<Journal, 'tail' | 'snapshotFile' | 'onSnapshot' | 'keepFrom'>;
  readonly key: Uint8Array;
  readonly lineage: string;
  /** Where the journal ends now. */
  readonly lastSeq: number;
  /** Executors that are sent copies at a time. */
  readonly copies: number;
  /** False when it is not there, or has not read what was sent before. */
  readonly send: (executor: string, frames: readonly ReplicaFrame[]) => boolean;
  /** So many hold copies (undefined: as many as before); resolves once the leader's row says so. */
  readonly tellHolders: (holders: number | undefined) => Promise<void>;
  readonly warn: (facts: Record<string, unknown>, sentence: string) => void;
  readonly info: (facts: Record<string, unknown>, sentence: string) => void;
}

interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly heads: readonly CopyHead[];
}

/** How often feeds look for what is to be sent, ms. */
const TICK_MS = 20;
/** Committed bytes that are not left for the next look: few large messages cost every side far less than many small ones. */
const WAKE_BYTES = 64 * 1024;
/**
 * Of snapshots, to all executors together, between two looks: 12 MB a second.
 * As fast as they take it, large ones would leave the loop little time and its
 * memory full of buffers, with pauses of tens of milliseconds to clear them.
 * One executor after the other, so that the first copy is there early.
 */
const SNAPSHOT_TICK_BYTES = 256 * 1024;
const LAST_WAIT_MS = 2_000;
/** A copy that takes longer than this is told of. */
const SLOW_MS = 1_000;

const notCopied = (): TagmillError =>
  new TagmillError(
    'UNREACHABLE',
    'it is on the disk of the manager and in no copy yet, and the manager ends: look after its next start whether it was taken',
  );

export class Replicator {
  private readonly ports: ReplicatorPorts;
  private readonly memory: CopyMemory;
  private readonly signatures = new WeakMap<CommittedBatch, Uint8Array>();
  private readonly feeds = new Map<string, CopyFeed>();
  /** Executors that would take a copy, beyond those that are sent one. */
  private readonly spare = new Map<string, Candidate>();
  private readonly waiting: { readonly seq: number; readonly sinceMs: number; readonly done: (error?: unknown) => void }[] = [];
  private readonly timer: NodeJS.Timeout;
  private readonly forgetSnapshots: () => void;
  private readonly endKeeping: () => void;
  private readonly hashes = new SnapshotHashes();
  /** Whose snapshot goes out now. */
  private turn: string | undefined;
  private closed = false;
  private ending = false;
  /** Committed since the feeds were woken. */
  private freshBytes = 0;
  /** Of snapshots, that may still be sent before the next look. */
  private snapshotBytes = SNAPSHOT_TICK_BYTES;

  constructor(ports: ReplicatorPorts) {
    this.ports = ports;
    this.memory = new CopyMemory(LIMITS.copyMemoryBytes, ports.lastSeq);
    this.timer = setInterval(() => {
      this.snapshotBytes = SNAPSHOT_TICK_BYTES;
      this.pump();
    }, TICK_MS);
    this.timer.unref();
    this.forgetSnapshots = ports.journal.onSnapshot((head) => this.snapshotMade(head));
    this.endKeeping = ports.journal.keepFrom(() => this.neededSeq);
  }

  /** A batch is on disk. */
  committed(batch: CommittedBatch): void {
    if (this.feeds.size === 0 && this.ports.copies === 0) return;
    this.memory.add(batch);
    this.freshBytes += batch.blob.length;
    if (this.freshBytes >= WAKE_BYTES) this.pump();
  }

  /** The row says what this manager has, and who held copies before it. */
  async begin(): Promise<void> {
    await this.ports.tellHolders(undefined);
  }

  /** Calls back once an executor has the entry in its copy, or with the error that says why nobody will. */
  whenCopied(seq: number, done: (error?: unknown) => void): void {
    if (this.copiedSeq >= seq) done();
    else if (this.ending) done(notCopied());
    else {
      this.waiting.push({ seq, sinceMs: performance.now(), done });
      this.pump();
    }
  }

  private get neededSeq(): number | undefined {
    const needed = [...this.feeds.values()].flatMap(({ neededSeq }) => neededSeq ?? []);
    return needed.length === 0 ? undefined : Math.min(...needed);
  }

  /** Entries up to here are in a copy. */
  get copiedSeq(): number {
    return Math.max(0, ...[...this.feeds.values()].map((feed) => feed.countedSeq));
  }

  get holders(): number {
    return [...this.feeds.values()].filter((feed) => feed.holds).length;
  }

  /** What `durability: copied` waits for, in words; undefined when nothing waits. */
  get waitsFor(): string | undefined {
    const [first] = this.waiting;
    if (first === undefined || performance.now() - first.sinceMs < SLOW_MS) return undefined;
    return this.feeds.size === 0
      ? 'no executor holds a copy of the journal, and with --durability copied nothing is confirmed without one: start an executor'
      : 'waits for the copy of the journal on an executor';
  }

  /** An executor was welcomed, with the copies that it says it keeps. */
  joined(id: string, name: string, heads: readonly CopyHead[]): void {
    this.left(id);
    if (this.ports.copies === 0 || this.closed) return;
    const candidate = { id, name, heads };
    if (this.feeds.size < this.ports.copies) this.feed(candidate);
    else this.spare.set(id, candidate);
  }

  left(id: string): void {
    this.spare.delete(id);
    const feed = this.feeds.get(id);
    if (feed === undefined) return;
    feed.stop();
    this.feeds.delete(id);
    this.takeSpare();
  }

  acknowledged(id: string, ack: FeedAck): void {
    const feed = this.feeds.get(id);
    if (feed === undefined || ack.lineage !== this.ports.lineage) return;
    feed.acknowledged(ack);
    if (feed.broken !== undefined) {
      this.ports.warn({ executor: feed.name, why: feed.broken }, 'an executor cannot keep its copy of the journal up to date');
      this.feeds.delete(id);
      feed.stop();
      this.takeSpare();
    }
    this.release();
  }

  /** The manager ends: what waits for a copy gets a moment more, and is then told that it has none. */
  async letGo(): Promise<void> {
    const deadline = performance.now() + LAST_WAIT_MS;
    while (this.waiting.length > 0 && this.feeds.size > 0 && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    this.ending = true;
    for (const { done } of this.waiting.splice(0)) done(notCopied());
  }

  close(): void {
    this.closed = true;
    clearInterval(this.timer);
    this.forgetSnapshots();
    this.endKeeping();
    for (const feed of this.feeds.values()) feed.stop();
    this.feeds.clear();
  }

  private feed({ id, name, heads }: Candidate): void {
    const { journal, key, lineage, send } = this.ports;
    const feed: CopyFeed = new CopyFeed({
      name,
      lineage,
      key,
      memory: this.memory,
      hashes: this.hashes,
      journal,
      send: (frames) => send(id, frames),
      mayTake: (bytes) => this.mayTake(id, bytes),
      over: () => {
        if (this.turn === id) this.turn = undefined;
      },
      sign: (batch) => this.sign(batch),
      holding: () => this.count(feed),
      further: ({ term, seq }) =>
        this.ports.warn(
          { executor: name, term, seq },
          'an executor has a copy of entries that this journal does not have: it is begun anew',
        ),
      failed: (error) => this.ports.warn({ executor: name, error: String(error) }, 'a copy of the journal cannot be sent'),
    });
    this.feeds.set(id, feed);
    feed.start(heads.find((head) => head.lineage === lineage));
  }

  private mayTake(id: string, snapshotBytes: number): boolean {
    if (this.snapshotBytes <= 0 || (this.turn ?? id) !== id) return false;
    this.turn = id;
    this.snapshotBytes -= snapshotBytes;
    return true;
  }

  private sign(batch: CommittedBatch): Uint8Array {
    const known = this.signatures.get(batch);
    if (known !== undefined) return known;
    const mac = signatureOf(this.ports.key, 'batch', { lineage: this.ports.lineage, ...batch });
    this.signatures.set(batch, mac);
    return mac;
  }

  private takeSpare(): void {
    const [next] = this.spare.values();
    if (next === undefined || this.closed) return;
    this.spare.delete(next.id);
    this.feed({ ...next, heads: [] });
  }

  /** Only what the row knows of may be relied on: a start that lost everything must know whom to wait for. */
  private count(feed: CopyFeed): void {
    this.ports.tellHolders(this.holders).then(
      () => {
        feed.counts = true;
        this.ports.info({ executor: feed.name, entry: feed.ackedSeq }, 'an executor holds a copy of the journal');
        this.release();
      },
      (error: unknown) => {
        feed.holds = false;
        this.ports.warn({ error: String(error) }, 'the leader’s row cannot be told who holds copies');
      },
    );
  }

  private release(): void {
    const seq = this.copiedSeq;
    while (this.waiting.length > 0 && this.waiting[0]!.seq <= seq) this.waiting.shift()!.done();
  }

  private snapshotMade(_head: SnapshotHead): void {
    for (const feed of this.feeds.values()) feed.wake();
  }

  private pump(): void {
    this.freshBytes = 0;
    for (const feed of this.feeds.values()) feed.wake();
  }
}
