/**
 * The piece: what one shard of a pass was evaluated to, as a file. A header of
 * JSON, then blocks of users, keys ascending (UTF-8 bytes; by value when the
 * keys are integers), each user with three bits a tag. Whole numbers are
 * little-endian 32-bit words, so that a reader takes them as they lie.
 *
 *   "TGPIECE2", header bytes (u32), header JSON padded to 4,
 *   block: users (u32), key bytes (u32), planes (u32), offsets (users + 1), keys padded to 4,
 *          matched, notMatched, evaluated (users x words each).
 *
 * Where each tag of each user of a block is evaluated, which is the rule, that
 * plane says nothing: the block has two planes, else three.
 *
 * The hash is over tags, key type and blocks; the number of users in a block is
 * fixed, so it does not depend on attempt, threads or machine.
 */
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { dirname } from 'node:path';
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { KeyType } from '../sources/key-order.ts';

export interface PieceHeader {
  readonly version: 2;
  readonly keyType: KeyType;
  /** Tag ids in the order of their bits. */
  readonly tags: readonly number[];
  readonly users: number;
  /** 32 hex digits. */
  readonly hash: string;
}

/**
 * Users of a piece, up to 65,536 at a time. Key i is bytes [offsets[i],
 * offsets[i + 1]) of `keys`. Tag b of user i is bit b % 32 of word
 * i * words + (b >>> 5) in each plane. Evaluated, but neither matched nor
 * notMatched: UNKNOWN. No plane of who is evaluated: every tag of everybody.
 */
export interface PieceBatch {
  readonly users: number;
  readonly words: number;
  readonly keys: Buffer;
  readonly offsets: Uint32Array;
  readonly matched: Uint32Array;
  readonly notMatched: Uint32Array;
  readonly evaluated: Uint32Array | null;
}

export const PIECE_BATCH_USERS = 65_536;
const MAGIC = Buffer.from('TGPIECE2', 'latin1');
/** Bytes ahead of a block's offsets. */
const BLOCK_HEAD = 12;

export const wordsFor = (tags: number): number => Math.max(1, Math.ceil(tags / 32));

/**
 * Writes a piece: to a name of its own first, then renamed, so that a piece is
 * there whole or not at all. Gives the hash.
 * Errors: DISK_FULL.
 */
export async function writePiece(path: string, keyType: KeyType, tags: readonly number[], batches: readonly PieceBatch[]): Promise<string> {
  if (endianness() !== 'LE') throw new TagmillError('INTERNAL', 'pieces are written on little-endian machines only');
  const parts = batches.flatMap(blockParts);
  const hash = hashOf(keyType, tags, parts);
  const users = batches.reduce((sum, batch) => sum + batch.users, 0);
  const header: PieceHeader = { version: 2, keyType, tags, users, hash };
  const json = Buffer.from(JSON.stringify(header), 'utf8');
  const padded = Buffer.alloc(pad4(json.length), ' ');
  padded.set(json);
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await writeAll(file, [MAGIC, bytesOf(Uint32Array.of(padded.length)), padded, ...parts]);
    } finally {
      await file.close();
    }
    failpoint('worker.piece.written');
    await rename(temporary, path);
    failpoint('worker.piece.renamed');
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw mapWriteError(thrown, path);
  }
  return hash;
}

async function writeAll(
  file: { writev(parts: readonly NodeJS.ArrayBufferView[]): Promise<{ bytesWritten: number }> },
  parts: Buffer[],
): Promise<void> {
  let left = parts.filter((part) => part.length > 0);
  while (left.length > 0) {
    const batch = left.slice(0, 512);
    let { bytesWritten } = await file.writev(batch);
    while (left.length > 0 && bytesWritten >= left[0]!.length) {
      bytesWritten -= left[0]!.length;
      left = left.slice(1);
    }
    if (bytesWritten > 0) left = [left[0]!.subarray(bytesWritten), ...left.slice(1)];
  }
}

function mapWriteError(thrown: unknown, path: string): unknown {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return thrown;
  return new TagmillError('DISK_FULL', `no space is left for ${path}; free some or set another spool folder`, { path }, thrown);
}

const pad4 = (bytes: number): number => (bytes + 3) & ~3;
const bytesOf = (words: Uint32Array): Buffer => Buffer.from(words.buffer, words.byteOffset, words.byteLength);

function blockParts(batch: PieceBatch): Buffer[] {
  const padding = Buffer.alloc(pad4(batch.keys.length) - batch.keys.length);
  return [
    bytesOf(Uint32Array.of(batch.users, batch.keys.length, batch.evaluated === null ? 2 : 3)),
    bytesOf(batch.offsets),
    batch.keys,
    padding,
    bytesOf(batch.matched),
    bytesOf(batch.notMatched),
    ...(batch.evaluated === null ? [] : [bytesOf(batch.evaluated)]),
  ];
}

function hashOf(keyType: KeyType, tags: readonly number[], parts: readonly Buffer[]): string {
  const hash = createHash('sha256').update(JSON.stringify([2, keyType, tags]));
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 32);
}

export interface Piece {
  readonly header: PieceHeader;
  /** Streams the users in key order; the arrays of a batch are the caller's. */
  batches(): Generator<PieceBatch>;
}

/**
 * Opens a piece; a batch is read when it is asked for.
 * Errors: NOT_FOUND when it is not there, INTERNAL when it is not whole.
 */
export function readPiece(path: string): Piece {
  const { header, start } = withFile(path, (file) => readHeader(path, file));
  return { header, batches: () => readBatches(path, header, start) };
}

/** The hash over what the piece holds now; equal to `header.hash` unless the file was damaged. */
export function hashPiece(piece: Piece): string {
  return hashOf(piece.header.keyType, piece.header.tags, [...piece.batches()].flatMap(blockParts));
}

function withFile<T>(path: string, work: (file: number) => T): T {
  const file = openPiece(path);
  try {
    return work(file);
  } finally {
    closeSync(file);
  }
}

function openPiece(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (thrown) {
    if (thrown instanceof Error && (thrown as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new TagmillError('NOT_FOUND', `the piece ${path} is not here; its shard must be evaluated again`, { path }, thrown);
    }
    throw thrown;
  }
}

function readHeader(path: string, file: number): { header: PieceHeader; start: number } {
  const first = readExactly(path, file, 0, MAGIC.length + 4);
  if (!first.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged(path, 'it does not begin as a piece');
  const length = first.readUInt32LE(MAGIC.length);
  const start = first.length + length;
  return { header: JSON.parse(readExactly(path, file, first.length, length).toString('utf8')) as PieceHeader, start };
}

function* readBatches(path: string, header: PieceHeader, start: number): Generator<PieceBatch> {
  const words = wordsFor(header.tags.length);
  const file = openPiece(path);
  try {
    let at = start;
    for (let left = header.users; left > 0; ) {
      const head = readExactly(path, file, at, BLOCK_HEAD);
      const users = head.readUInt32LE(0);
      const keyBytes = head.readUInt32LE(4);
      const planes = head.readUInt32LE(8);
      if (users === 0 || users > left) throw damaged(path, 'a block has a wrong number of users');
      if (planes !== 2 && planes !== 3) throw damaged(path, 'a block has a wrong number of planes');
      const offsetsBytes = (users + 1) * 4;
      const planeBytes = users * words * 4;
      const body = readExactly(path, file, at + BLOCK_HEAD, offsetsBytes + pad4(keyBytes) + planes * planeBytes);
      const planesAt = offsetsBytes + pad4(keyBytes);
      const plane = (index: number): Uint32Array => new Uint32Array(body.buffer, planesAt + index * planeBytes, users * words);
      yield {
        users,
        words,
        keys: body.subarray(offsetsBytes, offsetsBytes + keyBytes),
        offsets: new Uint32Array(body.buffer, 0, users + 1),
        matched: plane(0),
        notMatched: plane(1),
        evaluated: planes === 2 ? null : plane(2),
      };
      at += BLOCK_HEAD + body.length;
      left -= users;
    }
  } finally {
    closeSync(file);
  }
}

/** Bytes with a buffer of their own, so that words in them are aligned. */
function readExactly(path: string, file: number, at: number, length: number): Buffer {
  const buffer = Buffer.from(new ArrayBuffer(length));
  let have = 0;
  while (have < length) {
    const got = readSync(file, buffer, have, length - have, at + have);
    if (got === 0) throw damaged(path, 'it ends too early');
    have += got;
  }
  return buffer;
}

function damaged(path: string, why: string): TagmillError {
  return new TagmillError('INTERNAL', `the piece ${path} is damaged: ${why}; its shard must be evaluated again`, { path });
}
