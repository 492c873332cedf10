/**
 * A snapshot as it came from the manager, in a file of its own: a line of JSON
 * that says what it is and carries its signature, then the bytes. Written
 * beside, flushed, and renamed, so that the one before it stays usable until
 * this one is whole.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type CopiedSnapshot, sameBytes } from './frames.ts';

const MOST_HEAD_BYTES = 4_096;
const PART_BYTES = 192 * 1024;

export class SnapshotWriter {
  readonly of: CopiedSnapshot;
  private readonly path: string;
  private readonly file: FileHandle;
  private readonly hash: Hash = createHash('sha256');
  private written = 0;

  static async open(path: string, of: CopiedSnapshot): Promise<SnapshotWriter> {
    const file = await open(`${path}.part`, 'w');
    await file.write(headOf(of));
    return new SnapshotWriter(path, of, file);
  }

  private constructor(path: string, of: CopiedSnapshot, file: FileHandle) {
    this.path = path;
    this.of = of;
    this.file = file;
  }

  async add(bytes: Uint8Array): Promise<void> {
    this.written += bytes.length;
    if (this.written > this.of.sizeBytes) throw new RangeError('the snapshot is longer than it says');
    this.hash.update(bytes);
    await this.file.write(bytes);
  }

  /** Flushes it; `commit` then puts it in its place. Throws when it is not what it says. */
  async finish(): Promise<void> {
    if (this.written !== this.of.sizeBytes || !sameBytes(this.hash.digest(), this.of.contentHash))
      throw new RangeError('the snapshot is not what its head says');
    await this.file.sync();
    await this.file.close();
  }

  async commit(): Promise<void> {
    await rename(`${this.path}.part`, this.path);
    await syncFolder(dirname(this.path));
  }

  async abandon(): Promise<void> {
    await this.file.close();
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The snapshot in the file, checked by length alone: whoever takes it checks its hash. Undefined when there is none that can be used. */
export function readSnapshotHead(path: string): CopiedSnapshot | undefined {
  const found = findHead(path);
  return found === undefined || statSync(path).size !== found.offset + found.of.sizeBytes ? undefined : found.of;
}

/** Its bytes in parts. */
export function* readSnapshot(path: string): Generator<Buffer> {
  const found = findHead(path);
  if (found === undefined) return;
  const file = openSync(path, 'r');
  try {
    let at = found.offset;
    const end = at + found.of.sizeBytes;
    while (at < end) {
      const part = Buffer.allocUnsafe(Math.min(PART_BYTES, end - at));
      const read = readSync(file, part, 0, part.length, at);
      if (read === 0) return;
      at += read;
      yield part.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

function headOf({ lineage, term, seq, hash, mac, contentHash, sizeBytes }: CopiedSnapshot): Buffer {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return Buffer.from(
    `${JSON.stringify({ lineage, term, seq, sizeBytes, hash: hex(hash), mac: hex(mac), contentHash: hex(contentHash) })}\n`,
  );
}

function findHead(path: string): { readonly of: CopiedSnapshot; readonly offset: number } | undefined {
  const start = Buffer.alloc(MOST_HEAD_BYTES);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const read = readSync(file, start, 0, start.length, 0);
    const line = start.subarray(0, read).indexOf(10);
    if (line < 0) return undefined;
    const said = JSON.parse(start.subarray(0, line).toString('utf8')) as Record<string, unknown>;
    const bytes = (name: string): Buffer => Buffer.from(String(said[name]), 'hex');
    const { lineage, term, seq, sizeBytes } = said;
    if (typeof lineage !== 'string' || !isCount(term) || !isCount(seq) || !isCount(sizeBytes)) return undefined;
    const of = { lineage, term, seq, sizeBytes, hash: bytes('hash'), mac: bytes('mac'), contentHash: bytes('contentHash') };
    return { of, offset: line + 1 };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  } finally {
    closeSync(file);
  }
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
