/**
 * The cut points of a field, made ready for a search: between two neighbours
 * nothing that any condition asks about changes. A value's interval is the
 * number of cut points at or below it.
 *
 * The search is over doubles, which keep the order of whole numbers; where two
 * whole numbers may be one double, ties are told apart by their words. A table
 * of buckets says where to begin. A bucket is made of the first bits of a
 * double, so that buckets are as fine beside small numbers as beside large ones:
 * people ask for 100, 1,000 and 10,000. Most buckets hold no cut point, and then
 * no comparison is left to do.
 */
import type { Key } from './spans.ts';

export interface Cuts {
  /** Ascending; those of whole numbers as their nearest doubles. */
  readonly points: Float64Array;
  /** Values below lie before all points, values from `high` on behind all. */
  readonly low: number;
  readonly high: number;
  /** Rank of the first bucket, and how many bits of a rank are left out. */
  readonly base: number;
  readonly shift: number;
  /** By bucket: number of points in the buckets before, and above 16 bits that of points up to its end. */
  readonly buckets: Uint32Array;
  /** Whole numbers that a double does not hold: both halves of each point, for ties; absent where no tie can be. */
  readonly halves: Int32Array | undefined;
}

/** Interval numbers have 16 bits, and one is left for missing values. */
export const MOST_CUTS = 0xffff - 1;
const MOST_BUCKETS = 4096;
/** Within so few points one after the other is faster than halving. */
const FEW = 4;

/** @param keys ascending, without repeats; whole numbers within 64 bits */
export function makeCuts(keys: readonly Key[]): Cuts {
  const points = Float64Array.from(keys, Number);
  const low = points[0] ?? Number.POSITIVE_INFINITY;
  const high = points.at(-1) ?? Number.POSITIVE_INFINITY;
  const base = rankOf(low);
  const width = rankOf(high) - base;
  let shift = 0;
  while (width / 2 ** shift >= MOST_BUCKETS) shift += 1;
  const counts = new Uint32Array((width >>> shift) + 1);
  for (const point of points) counts[(rankOf(point) - base) >>> shift]! += 1;
  const buckets = new Uint32Array(counts.length);
  let before = 0;
  for (const [bucket, count] of counts.entries()) {
    buckets[bucket] = before | ((before + count) << 16);
    before += count;
  }
  return { points, low, high, base, shift, buckets, halves: keys.every(isOneDouble) ? undefined : halvesOf(keys) };
}

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);

/** The first bits of a double as a whole number of 32 bits that never decreases from value to value: so equal buckets alone need comparing. */
function rankOf(value: number): number {
  // -0 is 0.
  double[0] = value + 0;
  const first = words[1]!;
  return first ^ ((first >> 31) & 0x7fffffff);
}

/** Whether every whole number's place before or behind it shows in doubles. */
const isOneDouble = (key: Key): boolean => typeof key === 'number' || (key < 9_007_199_254_740_992n && key > -9_007_199_254_740_992n);

function halvesOf(keys: readonly Key[]): Int32Array {
  const halves = new Int32Array(keys.length * 2);
  keys.forEach((key, at) => {
    halves[2 * at] = Number(BigInt.asIntN(32, BigInt(key)));
    halves[2 * at + 1] = Number(BigInt.asIntN(32, BigInt(key) >> 32n));
  });
  return halves;
}

/** Number of points at or below a value that is no NaN. */
function interval(
  value: number,
  points: Float64Array,
  buckets: Uint32Array,
  low: number,
  high: number,
  base: number,
  shift: number,
): number {
  if (value < low) return 0;
  if (value >= high) return points.length;
  const bucket = buckets[(rankOf(value) - base) >>> shift]!;
  let from = bucket & 0xffff;
  let to = bucket >>> 16;
  while (to - from > FEW) {
    const middle = (from + to) >>> 1;
    if (points[middle]! <= value) from = middle + 1;
    else to = middle;
  }
  while (from < to && points[from]! <= value) from += 1;
  return from;
}

/** Validity bits of a column: bit i % 32 of word i >>> 5; null: all values are there. */
export type Validity = Uint32Array | null;

const isMissing = (valid: Validity, row: number): boolean => valid !== null && ((valid[row >>> 5]! >>> (row & 31)) & 1) === 0;

/** Values from `low` to `high` are some, others are none. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
  /** Both as two words each, the lower first: not every whole number is a double. */
  readonly halves: Int32Array;
}

export const boundsOf = (low: bigint, high: bigint): Bounds => ({
  low: Number(low),
  high: Number(high),
  halves: new Int32Array(BigInt64Array.of(low, high).buffer),
});

const ALL = boundsOf(-(2n ** 63n), 2n ** 63n - 1n);

/** Writes each row's interval, from place `at` on; a missing value, and NaN, has the number behind the last one. */
export function locateDoubles(values: Float64Array, valid: Validity, cuts: Cuts, into: Uint16Array, at: number): void {
  const { points, buckets, low, high, base, shift } = cuts;
  const missing = points.length + 1;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    into[at + row] = isMissing(valid, row) || Number.isNaN(value) ? missing : interval(value, points, buckets, low, high, base, shift);
  }
}

/** Gives how many values lie outside of the bounds: they count as missing ones. */
export function locateInt32(values: Int32Array, valid: Validity, cuts: Cuts, into: Uint16Array, at: number, bounds: Bounds = ALL): number {
  const { points, buckets, low, high, base, shift } = cuts;
  const missing = points.length + 1;
  let outside = 0;
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row]!;
    if (isMissing(valid, row)) into[at + row] = missing;
    else if (value < bounds.low || value > bounds.high) {
      into[at + row] = missing;
      outside += 1;
    } else into[at + row] = interval(value, points, buckets, low, high, base, shift);
  }
  return outside;
}

const HALF = 4_294_967_296;

/**
 * Gives how many values lie outside of the bounds: they count as missing ones.
 *
 * @param values two halves of 32 bits for each row, the lower first
 */
export function locateInt64(values: Int32Array, valid: Validity, cuts: Cuts, into: Uint16Array, at: number, bounds: Bounds = ALL): number {
  const { points, buckets, low, high, base, shift, halves } = cuts;
  const missing = points.length + 1;
  const rows = values.length >>> 1;
  const [lowest, highest] = [bounds.halves[1]!, bounds.halves[3]!];
  let outside = 0;
  for (let row = 0; row < rows; row += 1) {
    if (isMissing(valid, row)) {
      into[at + row] = missing;
      continue;
    }
    const upper = values[2 * row + 1]!;
    const lower = values[2 * row]!;
    if ((upper <= lowest || upper >= highest) && isOutside(upper, lower, bounds.halves)) {
      into[at + row] = missing;
      outside += 1;
      continue;
    }
    // Rounded once, so order is kept.
    const value = upper * HALF + (lower >>> 0);
    const found = interval(value, points, buckets, low, high, base, shift);
    into[at + row] = halves === undefined ? found : withoutTies(upper, lower, value, found, points, halves);
  }
  return outside;
}

function isOutside(upper: number, lower: number, bounds: Int32Array): boolean {
  if (upper < bounds[1]! || upper > bounds[3]!) return true;
  if (upper === bounds[1]! && lower >>> 0 < bounds[0]! >>> 0) return true;
  return upper === bounds[3]! && lower >>> 0 > bounds[2]! >>> 0;
}

/** Takes back points that are the same double as the value, but a larger whole number. */
function withoutTies(upper: number, lower: number, value: number, found: number, points: Float64Array, halves: Int32Array): number {
  let at = found;
  while (at > 0 && points[at - 1] === value) {
    const pointUpper = halves[2 * at - 1]!;
    if (upper > pointUpper || (upper === pointUpper && lower >>> 0 >= halves[2 * at - 2]! >>> 0)) return at;
    at -= 1;
  }
  return at;
}
