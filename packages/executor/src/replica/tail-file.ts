/**
 * The entries behind a snapshot, one after the other in a file that only grows:
 *
 *   u32 length, u32 crc32, then length bytes: u32 term, f64 seq, hash (32), signature (32), the batch
 *
 * all little-endian. What does not hold ends the usable part: a frame torn by a
 * crash, a flipped bit, an entry that does not follow from the one before.
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { CHAIN_START, type CopiedBatch, sameBytes } from './frames.ts';

const HEAD_BYTES = 8;
const FIELDS_BYTES = 4 + 8 + 32 + 32;
/** An entry is read whole into memory. */
export const MOST_ENTRY_BYTES = 256 * 1024 * 1024;

export const chainHash = (before: Uint8Array, blob: Uint8Array): Buffer => createHash('sha256').update(before).update(blob).digest();

export function encodeEntry({ term, seq, hash, mac, blob }: Omit<CopiedBatch, 'lineage'>): Buffer {
  const entry = Buffer.allocUnsafe(HEAD_BYTES + FIELDS_BYTES + blob.length);
  entry.writeUInt32LE(FIELDS_BYTES + blob.length, 0);
  entry.writeUInt32LE(term, 8);
  entry.writeDoubleLE(seq, 12);
  entry.set(hash, 20);
  entry.set(mac, 52);
  entry.set(blob, HEAD_BYTES + FIELDS_BYTES);
  entry.writeUInt32LE(crc32(entry.subarray(HEAD_BYTES)), 4);
  return entry;
}

export type TailEntry = Omit<CopiedBatch, 'lineage'> & { readonly endsAt: number };

/** Where a tail must begin: behind a snapshot, or at the first entry. */
export interface TailBase {
  readonly seq: number;
  readonly hash: Uint8Array;
}

export const FIRST: TailBase = { seq: 0, hash: CHAIN_START };

/**
 * The usable entries behind `base` in order; those up to it are passed over
 * (a crash can leave them under a newer snapshot). `endsAt` is the offset behind
 * the entry. Ends where something does not hold, or when there is no file.
 */
export function* readTail(path: string, base: TailBase): Generator<TailEntry> {
  let before = base;
  for (const entry of readEntries(path)) {
    if (entry.seq <= base.seq) {
      if (entry.seq === base.seq && !sameBytes(entry.hash, base.hash)) return;
      continue;
    }
    if (entry.seq !== before.seq + 1 || !sameBytes(chainHash(before.hash, entry.blob), entry.hash)) return;
    yield entry;
    before = entry;
  }
}

function* readEntries(path: string): Generator<TailEntry> {
  const file = openIfThere(path);
  if (file === undefined) return;
  try {
    let at = 0;
    for (;;) {
      const head = readAt(file, at, HEAD_BYTES);
      if (head === undefined) return;
      const length = head.readUInt32LE(0);
      if (length < FIELDS_BYTES || length > MOST_ENTRY_BYTES) return;
      const body = readAt(file, at + HEAD_BYTES, length);
      if (body === undefined || crc32(body) !== head.readUInt32LE(4)) return;
      at += HEAD_BYTES + length;
      yield {
        term: body.readUInt32LE(0),
        seq: body.readDoubleLE(4),
        hash: body.subarray(12, 44),
        mac: body.subarray(44, 76),
        blob: body.subarray(FIELDS_BYTES),
        endsAt: at,
      };
    }
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Exactly so many bytes, or undefined when the file ends before. */
function readAt(file: number, at: number, length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const read = readSync(file, bytes, got, length - got, at + got);
    if (read === 0) return undefined;
    got += read;
  }
  return bytes;
}
