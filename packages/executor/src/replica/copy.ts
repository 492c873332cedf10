/**
 * The copy of one journal in a folder of its own: `snapshot` (absent: it begins
 * at the first entry) and `tail`, which grows as entries come.
 */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { type CopiedBatch, type CopiedSnapshot, type CopyHead, NO_BYTES, sameBytes } from './frames.ts';
import { readSnapshot, readSnapshotHead, SnapshotWriter, syncFolder } from './snapshot-file.ts';
import { chainHash, encodeEntry, FIRST, readTail, type TailBase } from './tail-file.ts';

/** A killed process loses nothing that was written; a power loss at most what came in the last of these. */
const SYNC_EVERY_MS = 1_000;

export type CopyPart =
  | { readonly kind: 'snapshot'; readonly of: CopiedSnapshot; readonly data: Buffer; readonly first: boolean; readonly last: boolean }
  | {
      readonly kind: 'batch';
      readonly of: Omit<CopiedBatch, 'blob'>;
      readonly size: number;
      readonly data: Buffer;
      readonly first: boolean;
      readonly last: boolean;
    };

export class JournalCopy {
  readonly lineage: string;
  readonly path: string;
  private readonly maxBytes: number;
  private snapshot: CopiedSnapshot | undefined;
  private last: Omit<CopiedBatch, 'lineage' | 'blob'> | undefined;
  private tailBytes = 0;
  private writtenMs = 0;
  private tail: FileHandle | undefined;
  private syncedMs = 0;
  private incoming: { readonly writer: SnapshotWriter; readonly begins: boolean } | undefined;

  constructor(path: string, lineage: string, maxBytes: number) {
    this.path = path;
    this.lineage = lineage;
    this.maxBytes = maxBytes;
    mkdirSync(path, { recursive: true });
    this.load();
  }

  /** What is there and holds; what a crash tore at the end is passed over, and cut off before the next entry. */
  private load(): void {
    const found = readSnapshotHead(this.snapshotPath);
    this.snapshot = found?.lineage === this.lineage ? found : undefined;
    for (const { term, seq, hash, mac, endsAt } of readTail(this.tailPath, this.base)) {
      this.last = { term, seq, hash: Buffer.from(hash), mac: Buffer.from(mac) };
      this.tailBytes = endsAt;
    }
    for (const path of [this.tailPath, this.snapshotPath]) {
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat !== undefined) this.writtenMs = Math.max(this.writtenMs, Math.round(stat.mtimeMs));
    }
  }

  /** Undefined when there is nothing. */
  head(): CopyHead | undefined {
    const { snapshot, last, lineage, writtenMs } = this;
    const at = last ?? snapshot;
    if (at === undefined) return undefined;
    const { term, seq, hash, mac } = at;
    const contentHash = last === undefined ? (snapshot?.contentHash ?? NO_BYTES) : NO_BYTES;
    return { lineage, term, seq, hash, mac, contentHash, snapshotSeq: snapshot?.seq ?? 0, sizeBytes: this.sizeBytes, writtenMs };
  }

  get sizeBytes(): number {
    return (this.snapshot?.sizeBytes ?? 0) + this.tailBytes;
  }

  /**
   * Writes entries that follow each other; those that are there already are
   * passed over. Errors: DISK_FULL, USAGE when one does not follow.
   */
  async append(batches: readonly CopiedBatch[], begins: boolean): Promise<void> {
    if (begins) await this.clear();
    const written: Buffer[] = [];
    let before: TailBase = this.last ?? this.base;
    let last = this.last;
    for (const batch of batches) {
      if (batch.seq <= before.seq) continue;
      if (batch.seq !== before.seq + 1 || !sameBytes(chainHash(before.hash, batch.blob), batch.hash))
        throw new TagmillError('USAGE', `entry ${batch.seq} does not follow entry ${before.seq} of the copy`);
      written.push(encodeEntry(batch));
      last = { term: batch.term, seq: batch.seq, hash: Buffer.from(batch.hash), mac: Buffer.from(batch.mac) };
      before = last;
    }
    if (written.length === 0) return;
    const bytes = Buffer.concat(written);
    if (this.sizeBytes + bytes.length > this.maxBytes)
      throw new TagmillError('DISK_FULL', `the copy of the journal has reached its limit of ${this.maxBytes} bytes`);
    failpoint('executor.copy.writing');
    await this.write(bytes);
    failpoint('executor.copy.written');
    this.last = last;
    this.writtenMs = Date.now();
  }

  private async write(bytes: Buffer): Promise<void> {
    this.tail ??= await openTail(this.tailPath, this.tailBytes);
    try {
      await this.tail.write(bytes, 0, bytes.length, this.tailBytes);
      if (performance.now() - this.syncedMs > SYNC_EVERY_MS) {
        await this.tail.datasync();
        this.syncedMs = performance.now();
      }
    } catch (error) {
      // What reached the file is cut off when it is opened again.
      await this.closeTail();
      throw error;
    }
    this.tailBytes += bytes.length;
  }

  /** A part of a snapshot; with the last it takes the place of the one before. Errors: DISK_FULL, USAGE when it is not what it says. */
  async takeSnapshot(of: CopiedSnapshot, data: Buffer, first: boolean, last: boolean, begins: boolean): Promise<void> {
    if (first) {
      await this.incoming?.writer.abandon();
      this.incoming = undefined;
      if (of.sizeBytes + this.tailBytes > this.maxBytes)
        throw new TagmillError('DISK_FULL', `a snapshot of ${of.sizeBytes} bytes does not fit into a copy of ${this.maxBytes}`);
      this.incoming = { writer: await SnapshotWriter.open(this.snapshotPath, of), begins };
    }
    const { incoming } = this;
    if (incoming === undefined) throw new TagmillError('USAGE', 'a part of a snapshot came without its beginning');
    try {
      await incoming.writer.add(data);
      if (!last) return;
      await incoming.writer.finish();
    } catch (error) {
      this.incoming = undefined;
      await incoming.writer.abandon();
      throw error;
    }
    this.incoming = undefined;
    await this.replace(incoming.writer, incoming.begins);
  }

  /** The new snapshot is in place first: a crash in between leaves entries under it, which are passed over. */
  private async replace(writer: SnapshotWriter, begins: boolean): Promise<void> {
    const base = { seq: writer.of.seq, hash: writer.of.hash };
    const next = `${this.tailPath}.next`;
    const file = await open(next, 'w');
    let bytes = 0;
    let last: typeof this.last;
    try {
      for (const entry of begins || !this.holds(base) ? [] : readTail(this.tailPath, base)) {
        if (entry.endsAt > this.tailBytes) break;
        const encoded = encodeEntry(entry);
        await file.write(encoded);
        bytes += encoded.length;
        last = { term: entry.term, seq: entry.seq, hash: Buffer.from(entry.hash), mac: Buffer.from(entry.mac) };
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await this.closeTail();
    await writer.commit();
    failpoint('executor.copy.replacing');
    await rename(next, this.tailPath);
    await syncFolder(this.path);
    this.snapshot = writer.of;
    this.last = last;
    this.tailBytes = bytes;
    this.writtenMs = Date.now();
  }

  /** Whether the entries here go through the place of the snapshot. */
  private holds(base: TailBase): boolean {
    for (const { seq, hash } of readTail(this.tailPath, this.base)) if (seq === base.seq) return sameBytes(hash, base.hash);
    return this.snapshot?.seq === base.seq && sameBytes(this.snapshot.hash, base.hash);
  }

  /** What FetchReplica sends: the snapshot's parts, then the entries. */
  *parts(): Generator<CopyPart> {
    const { snapshot, lineage } = this;
    if (snapshot !== undefined) {
      let at = 0;
      for (const data of readSnapshot(this.snapshotPath)) {
        const first = at === 0;
        at += data.length;
        yield { kind: 'snapshot', of: snapshot, data, first, last: at === snapshot.sizeBytes };
      }
    }
    for (const { term, seq, hash, mac, blob } of readTail(this.tailPath, this.base)) {
      const of = { lineage, term, seq, hash, mac };
      for (let at = 0; at < Math.max(1, blob.length); at += PART_BYTES) {
        const data = Buffer.from(blob.subarray(at, at + PART_BYTES));
        yield { kind: 'batch', of, size: blob.length, data, first: at === 0, last: at + PART_BYTES >= blob.length };
      }
    }
  }

  async close(): Promise<void> {
    await this.incoming?.writer.abandon();
    this.incoming = undefined;
    await this.closeTail();
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.path, { recursive: true, force: true });
  }

  private async clear(): Promise<void> {
    await this.closeTail();
    await rm(this.tailPath, { force: true });
    await rm(this.snapshotPath, { force: true });
    this.snapshot = undefined;
    this.last = undefined;
    this.tailBytes = 0;
  }

  private async closeTail(): Promise<void> {
    const { tail } = this;
    this.tail = undefined;
    await tail?.close();
  }

  private get base(): TailBase {
    return this.snapshot ?? FIRST;
  }

  private get tailPath(): string {
    return join(this.path, 'tail');
  }

  private get snapshotPath(): string {
    return join(this.path, 'snapshot');
  }
}

const PART_BYTES = 192 * 1024;

/** Opens it for writing behind `usableBytes`: what a crash left there is cut off. */
async function openTail(path: string, usableBytes: number): Promise<FileHandle> {
  const file = await open(path, 'a');
  await file.close();
  await truncate(path, usableBytes);
  return await open(path, 'r+');
}
