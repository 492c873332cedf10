/** Columns of keys as bytes or integers: checked, compared and merged without making a string per user. */
import type { KeyRange, KeyType } from '../sources/key-order.ts';

/** Keys as UTF-8 bytes, one after the other: key i is bytes [offsets[i], offsets[i + 1]). */
export interface TextKeys {
  readonly kind: 'string';
  readonly count: number;
  readonly bytes: Buffer;
  readonly offsets: Uint32Array;
}

export interface IntegerKeys {
  readonly kind: 'int64';
  readonly count: number;
  readonly values: BigInt64Array;
}

export type Keys = TextKeys | IntegerKeys;

export const noKeys = (keyType: KeyType): Keys =>
  keyType === 'string'
    ? { kind: 'string', count: 0, bytes: Buffer.alloc(0), offsets: new Uint32Array(1) }
    : { kind: 'int64', count: 0, values: new BigInt64Array(0) };

/** Key i as text: decimal digits for an integer. */
export function keyAt(keys: Keys, index: number): string {
  if (keys.kind === 'int64') return String(keys.values[index]!);
  return keys.bytes.toString('utf8', keys.offsets[index]!, keys.offsets[index + 1]!);
}

/**
 * Compares key i of `a` with key j of `b`: bytes, or values. The first `known`
 * bytes of both are known to be equal as far as they go.
 */
export function compareKeys(a: Keys, i: number, b: Keys, j: number, known = 0): number {
  if (a.kind === 'int64' || b.kind === 'int64') {
    const x = (a as IntegerKeys).values[i]!;
    const y = (b as IntegerKeys).values[j]!;
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const aStart = a.offsets[i]!;
  const bStart = b.offsets[j]!;
  const aLength = a.offsets[i + 1]! - aStart;
  const bLength = b.offsets[j + 1]! - bStart;
  const length = Math.min(aLength, bLength);
  for (let at = known; at < length; at += 1) {
    const difference = a.bytes[aStart + at]! - b.bytes[bStart + at]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

/** Bytes of text that one rank takes in: as many as a double holds exactly. */
export const RANK_BYTES = 6;

/**
 * Bytes that every key of a range begins with: whatever lies between two
 * texts begins with what both begin with.
 */
function sharedPrefixBytes(range: KeyRange): number {
  if (range.from === undefined || range.to === undefined) return 0;
  const a = Buffer.from(range.from, 'utf8');
  const b = Buffer.from(range.to, 'utf8');
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

export interface RankedKeys {
  readonly keys: Keys;
  readonly ranks: Float64Array;
  /** Bytes of two keys that are equal, as far as they go, when their ranks are. */
  readonly known: number;
  /**
   * When all keys have this length (0: integers that a double holds) their
   * ranks tell everything: columns with the same number need no comparing of
   * keys. -1 when that is not so.
   */
  readonly exactLength: number;
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * A number for each key that never decreases from key to key: the bytes after
 * the shared prefix, or the integer's nearest double. Where two are equal the
 * keys must be compared, unless `exactLength` says more. `ranks` is filled: one for each key.
 */
export function rankKeys(keys: Keys, range: KeyRange, ranks: Float64Array): RankedKeys {
  return keys.kind === 'int64' ? rankIntegers(keys, ranks) : rankText(keys, sharedPrefixBytes(range), ranks);
}

function rankIntegers(keys: IntegerKeys, ranks: Float64Array): RankedKeys {
  let exact = true;
  for (let i = 0; i < keys.count; i += 1) {
    const value = keys.values[i]!;
    if (value > SAFE || value < -SAFE) exact = false;
    ranks[i] = Number(value);
  }
  return { keys, ranks, known: 0, exactLength: exact ? 0 : -1 };
}

/** The rank of row i's key from byte `from` of it on. */
export const rankAt = ({ bytes, offsets }: TextKeys, row: number, from: number): number =>
  rankOf(bytes, offsets[row]! + from, offsets[row + 1]!);

function rankOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start >= RANK_BYTES) {
    const high = (bytes[start]! << 16) | (bytes[start + 1]! << 8) | bytes[start + 2]!;
    const low = (bytes[start + 3]! << 16) | (bytes[start + 4]! << 8) | bytes[start + 5]!;
    return high * 0x1000000 + low;
  }
  let rank = 0;
  for (let at = 0; at < RANK_BYTES; at += 1) rank = rank * 256 + (start + at < end ? bytes[start + at]! : 0);
  return rank;
}

function rankText(keys: TextKeys, prefixBytes: number, ranks: Float64Array): RankedKeys {
  const { bytes, offsets, count } = keys;
  const known = prefixBytes + RANK_BYTES;
  const firstLength = count === 0 ? 0 : offsets[1]! - offsets[0]!;
  let exact = firstLength <= known;
  for (let i = 0; i < count; i += 1) {
    const start = offsets[i]! + prefixBytes;
    const end = offsets[i + 1]!;
    if (end - offsets[i]! !== firstLength) exact = false;
    ranks[i] = rankOf(bytes, start, end);
  }
  return { keys, ranks, known, exactLength: exact ? firstLength : -1 };
}

/** `repeats`: neighbours that are equal; `sorted`: no key is before the one ahead of it. */
export function orderOf({ keys, ranks, known }: RankedKeys): { readonly sorted: boolean; readonly repeats: number } {
  let repeats = 0;
  for (let i = 1; i < keys.count; i += 1) {
    const step = ranks[i]! - ranks[i - 1]!;
    if (step > 0) continue;
    const order = step < 0 ? 1 : compareKeys(keys, i - 1, keys, i, known);
    if (order > 0) return { sorted: false, repeats: 0 };
    if (order === 0) repeats += 1;
  }
  return { sorted: true, repeats };
}
