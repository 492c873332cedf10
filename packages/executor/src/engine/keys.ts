/** Columns of keys as bytes or integers: compared and merged without making a string per user. */
import type { KeyType } from '../sources/key-order.ts';

/** Keys as UTF-8 bytes, one after the other: key i is bytes [offsets[i], offsets[i + 1]). */
export interface TextKeys {
  readonly kind: 'string';
  readonly count: number;
  readonly bytes: Uint8Array;
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
    ? { kind: 'string', count: 0, bytes: new Uint8Array(0), offsets: new Uint32Array(1) }
    : { kind: 'int64', count: 0, values: new BigInt64Array(0) };

/** Key i as text: decimal digits for an integer. */
export function keyAt(keys: Keys, index: number): string {
  if (keys.kind === 'int64') return String(keys.values[index]!);
  return Buffer.from(keys.bytes.buffer, keys.bytes.byteOffset, keys.bytes.byteLength).toString(
    'utf8',
    keys.offsets[index]!,
    keys.offsets[index + 1]!,
  );
}

/** Compares key i of `a` with key j of `b`: bytes, or values. */
export function compareKeys(a: Keys, i: number, b: Keys, j: number): number {
  if (a.kind === 'int64' || b.kind === 'int64') {
    const x = (a as IntegerKeys).values[i]!;
    const y = (b as IntegerKeys).values[j]!;
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return compareText(a.bytes, a.offsets[i]!, a.offsets[i + 1]!, b.bytes, b.offsets[j]!, b.offsets[j + 1]!);
}

function compareText(a: Uint8Array, aStart: number, aEnd: number, b: Uint8Array, bStart: number, bEnd: number): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart);
  for (let at = 0; at < length; at += 1) {
    const difference = a[aStart + at]! - b[bStart + at]!;
    if (difference !== 0) return difference;
  }
  return aEnd - aStart - (bEnd - bStart);
}

/** `repeats`: neighbours that are equal; `sorted`: no key is before the one ahead of it. */
export function orderOf(keys: Keys): { readonly sorted: boolean; readonly repeats: number } {
  let repeats = 0;
  for (let i = 1; i < keys.count; i += 1) {
    const order = compareKeys(keys, i - 1, keys, i);
    if (order > 0) return { sorted: false, repeats: 0 };
    if (order === 0) repeats += 1;
  }
  return { sorted: true, repeats };
}

/**
 * Full outer join of sorted key columns. `rowOf[t][u]` is user u's row in table
 * t, or -1; `source[u]` a table that has the user.
 */
export interface Merged {
  readonly users: number;
  readonly rowOf: readonly Int32Array[];
  readonly source: Uint16Array;
}

export function mergeKeys(tables: readonly Keys[]): Merged {
  const most = tables.reduce((sum, keys) => sum + keys.count, 0);
  const rowOf = tables.map(() => new Int32Array(most).fill(-1));
  const source = new Uint16Array(most);
  const next = new Int32Array(tables.length);
  const equal: number[] = [];
  let users = 0;
  for (;;) {
    let best = -1;
    equal.length = 0;
    for (let t = 0; t < tables.length; t += 1) {
      if (next[t]! >= tables[t]!.count) continue;
      const order = best < 0 ? -1 : compareKeys(tables[t]!, next[t]!, tables[best]!, next[best]!);
      if (order > 0) continue;
      if (order < 0) {
        best = t;
        equal.length = 0;
      }
      equal.push(t);
    }
    if (best < 0) break;
    for (const t of equal) {
      rowOf[t]![users] = next[t]!;
      next[t]! += 1;
    }
    source[users] = best;
    users += 1;
  }
  return { users, rowOf: rowOf.map((rows) => rows.subarray(0, users)), source: source.subarray(0, users) };
}
