/**
 * The copies of journals that this executor keeps: that of the manager it
 * works for, and the one before it, so that a manager that began anew does not
 * wipe out what its forerunner left here. Bounded, and written one after the
 * other beside everything else that the process does.
 */
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { toTagmillError } from '@tagmill/shared/errors';
import type { ReplicaFrame__Output } from '@tagmill/shared/gen/tagmill/v1/ReplicaFrame';
import { JournalCopy } from './copy.ts';
import type { CopiedBatch, CopiedSnapshot, CopyHead } from './frames.ts';
import { MOST_ENTRY_BYTES } from './tail-file.ts';

const MOST_COPIES = 2;
const LINEAGE = /^[0-9A-Za-z-]{1,64}$/;
const SNAPSHOT = 1;

export interface Acknowledgement {
  readonly lineage: string;
  readonly seq: number;
  readonly snapshotSeq: number;
  /** Bytes of frames dealt with in this session. */
  readonly bytes: number;
  readonly problem: string;
}

export class ReplicaStore {
  private readonly path: string;
  private readonly maxBytes: number;
  private readonly copies = new Map<string, JournalCopy>();
  private queue: Promise<unknown> = Promise.resolve();
  private bytes = 0;
  private session = 0;
  /** Frames that come in parts: the batch under way, and the snapshot's head. */
  private batch: { readonly of: Omit<CopiedBatch, 'blob'>; readonly begins: boolean; readonly parts: Buffer[]; bytes: number } | undefined;
  private snapshot: { readonly of: CopiedSnapshot; readonly begins: boolean } | undefined;

  /** Reads what is there. A folder that cannot be read is no copy. */
  constructor(path: string, maxBytes: number) {
    this.path = path;
    this.maxBytes = maxBytes;
    mkdirSync(path, { recursive: true });
    const newest = readdirSync(path)
      .filter((name) => LINEAGE.test(name))
      .map((name) => ({ name, atMs: statSync(join(path, name)).mtimeMs }))
      .sort((a, b) => b.atMs - a.atMs);
    for (const { name } of newest.slice(MOST_COPIES)) rmSync(join(path, name), { recursive: true, force: true });
    for (const { name } of newest.slice(0, MOST_COPIES)) this.copies.set(name, new JournalCopy(join(path, name), name, maxBytes));
  }

  heads(): CopyHead[] {
    return [...this.copies.values()].map((copy) => copy.head()).filter((head) => head !== undefined);
  }

  copy(lineage: string): JournalCopy | undefined {
    return this.copies.get(lineage);
  }

  /** A new stream: what was sent over the one before is not acknowledged on this one. */
  begin(): void {
    this.session += 1;
    this.bytes = 0;
    this.batch = undefined;
    this.snapshot = undefined;
  }

  /** Writes frames; `done` is called once they are written, never after a new session began. */
  take(frames: readonly ReplicaFrame__Output[], done: (answer: Acknowledgement) => void): void {
    const { session } = this;
    this.queue = this.queue.then(async () => {
      if (session !== this.session) return;
      const lineage = frames.find((frame) => frame.lineage !== '')?.lineage ?? this.batch?.of.lineage ?? this.snapshot?.of.lineage ?? '';
      let problem = '';
      try {
        await this.write(frames);
      } catch (error) {
        this.batch = undefined;
        this.snapshot = undefined;
        problem = toTagmillError(error).message;
      }
      for (const { data } of frames) this.bytes += data.length;
      const head = this.copies.get(lineage)?.head();
      if (session === this.session) done({ lineage, seq: head?.seq ?? 0, snapshotSeq: head?.snapshotSeq ?? 0, bytes: this.bytes, problem });
    });
  }

  async close(): Promise<void> {
    this.session += 1;
    await this.queue;
    for (const copy of this.copies.values()) await copy.close();
  }

  private async write(frames: readonly ReplicaFrame__Output[]): Promise<void> {
    let ready: CopiedBatch[] = [];
    let begins = false;
    const flush = async (): Promise<void> => {
      const [first] = ready;
      if (first !== undefined) await (await this.copyFor(first.lineage)).append(ready, begins);
      ready = [];
      begins = false;
    };
    for (const frame of frames) {
      if (frame.kind === SNAPSHOT) {
        await flush();
        await this.takeSnapshot(frame);
        continue;
      }
      const batch = this.takeBatch(frame);
      if (batch === undefined) continue;
      if (batch.begins) await flush();
      begins ||= batch.begins;
      ready.push(batch.whole);
    }
    await flush();
  }

  private takeBatch(frame: ReplicaFrame__Output): { readonly whole: CopiedBatch; readonly begins: boolean } | undefined {
    if (frame.part === 0) {
      const { lineage, term, seq, hash, mac, begins } = frame;
      this.batch = { of: { lineage, term, seq, hash, mac }, begins, parts: [], bytes: 0 };
    }
    const { batch } = this;
    if (batch === undefined) return undefined;
    batch.parts.push(frame.data);
    batch.bytes += frame.data.length;
    if (batch.bytes > MOST_ENTRY_BYTES) throw new RangeError(`entry ${batch.of.seq} is larger than ${MOST_ENTRY_BYTES} bytes`);
    if (!frame.lastPart) return undefined;
    this.batch = undefined;
    return { whole: { ...batch.of, blob: batch.parts.length === 1 ? batch.parts[0]! : Buffer.concat(batch.parts) }, begins: batch.begins };
  }

  private async takeSnapshot(frame: ReplicaFrame__Output): Promise<void> {
    if (frame.part === 0) {
      const { lineage, term, seq, hash, mac, contentHash, sizeBytes, begins } = frame;
      this.snapshot = { of: { lineage, term, seq, hash, mac, contentHash, sizeBytes }, begins };
    }
    const { snapshot } = this;
    if (snapshot === undefined) return;
    if (frame.lastPart) this.snapshot = undefined;
    const copy = await this.copyFor(snapshot.of.lineage);
    await copy.takeSnapshot(snapshot.of, frame.data, frame.part === 0, frame.lastPart, snapshot.begins);
  }

  private async copyFor(lineage: string): Promise<JournalCopy> {
    const known = this.copies.get(lineage);
    if (known !== undefined) return known;
    if (!LINEAGE.test(lineage)) throw new RangeError('the name of the journal is of no form that this version knows');
    const oldest = [...this.copies.values()].sort((a, b) => (a.head()?.writtenMs ?? 0) - (b.head()?.writtenMs ?? 0));
    for (const copy of oldest.slice(0, Math.max(0, this.copies.size - MOST_COPIES + 1))) {
      this.copies.delete(copy.lineage);
      await copy.remove();
    }
    const copy = new JournalCopy(join(this.path, lineage), lineage, this.maxBytes);
    this.copies.set(lineage, copy);
    return copy;
  }
}
