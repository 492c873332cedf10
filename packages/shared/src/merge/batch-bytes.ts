/** A batch as bytes, in the layout of proto Rows: offsets, matched, notMatched (little-endian uint32), keys. */
import type { MergeBatch } from './batch.ts';

const asBytes = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

export function batchToBytes(batch: MergeBatch): Uint8Array {
  const { offsets, matched, notMatched, keys, count, words } = batch;
  const columns = [
    asBytes(offsets.subarray(0, count + 1)),
    asBytes(matched.subarray(0, count * words)),
    asBytes(notMatched.subarray(0, count * words)),
    keys,
  ];
  const out = new Uint8Array(columns.reduce((sum, column) => sum + column.length, 0));
  let at = 0;
  for (const column of columns) {
    out.set(column, at);
    at += column.length;
  }
  return out;
}

/** Throws RangeError when the bytes do not hold what the numbers say. */
export function batchFromBytes(bytes: Uint8Array, count: number, words: number): MergeBatch {
  const planeBytes = count * words * 4;
  const keysAt = (count + 1) * 4 + 2 * planeBytes;
  if (bytes.length < keysAt) throw new RangeError(`a batch of ${count} users has only ${bytes.length} bytes`);
  const aligned = bytes.slice();
  const column = (at: number, items: number) => new Uint32Array(aligned.buffer, aligned.byteOffset + at, items);
  const offsets = column(0, count + 1);
  const keys = aligned.subarray(keysAt);
  if (offsets[count] !== keys.length)
    throw new RangeError(`a batch of ${count} users names ${offsets[count]} bytes of keys and has ${keys.length}`);
  return {
    count,
    words,
    offsets,
    matched: column((count + 1) * 4, count * words),
    notMatched: column((count + 1) * 4 + planeBytes, count * words),
    keys,
  };
}
