/** The order of keys: by UTF-8 bytes for text, by value for integers. */
export type KeyType = 'string' | 'int64';

/** Compares two keys; negative, zero or positive. */
export type KeyCompare = (a: string, b: string) => number;

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/**
 * Order of the UTF-8 bytes, without encoding: UTF-16 units give the same order
 * except that surrogates (characters beyond U+FFFF) come after all other units.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (isHighSurrogate(x) !== isHighSurrogate(y)) return isHighSurrogate(x) ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

function compareIntegers(a: string, b: string): number {
  const x = BigInt(a);
  const y = BigInt(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export const keyCompare = (keyType: KeyType): KeyCompare => (keyType === 'string' ? compareUtf8 : compareIntegers);

/** Half-open range of keys; an end that is absent is open. */
export interface KeyRange {
  readonly from?: string;
  readonly to?: string;
}

/** Range of a shard: cuts[shard-1] <= key < cuts[shard]. */
export function shardRange(cuts: readonly string[], shard: number): KeyRange {
  const from = cuts[shard - 1];
  const to = cuts[shard];
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

/** Whether a row group with these bounds can hold keys of the range; unknown bounds can. */
export function meetsRange(compare: KeyCompare, bounds: { readonly minKey?: string; readonly maxKey?: string }, range: KeyRange): boolean {
  if (bounds.minKey === undefined || bounds.maxKey === undefined) return true;
  if (range.from !== undefined && compare(bounds.maxKey, range.from) < 0) return false;
  return range.to === undefined || compare(bounds.minKey, range.to) < 0;
}

/** Index of the first of `sorted` that is not before `key`. */
export function lowerBound(sorted: readonly string[], key: string, compare: KeyCompare): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(sorted[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
