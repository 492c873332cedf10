import fc from 'fast-check';
import { expect, it } from 'vitest';
import { boundsOf, locateDoubles, locateInt32, locateInt64, makeCuts } from '../../../src/engine/index/cuts.ts';
import type { Key } from '../../../src/engine/index/spans.ts';

const sorted = <K extends Key>(keys: readonly K[]): K[] => [...new Set(keys)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const below = (keys: readonly Key[], value: Key): number => keys.filter((key) => key <= value).length;

/** A bit for each value that is there. */
function validityOf(there: readonly boolean[]): Uint32Array {
  const words = new Uint32Array(Math.ceil(there.length / 32) + 1);
  there.forEach((one, at) => {
    if (one) words[at >>> 5]! |= 1 << (at & 31);
  });
  return words;
}

const MOST = 2n ** 63n - 1n;
/** Whole numbers that meet each other, near zero, near what a double holds and at the ends. */
const whole = fc.oneof(
  fc.bigInt({ min: -20n, max: 20n }),
  fc.tuple(fc.constantFrom(2n ** 53n, -(2n ** 53n), 2n ** 60n, -(2n ** 62n)), fc.bigInt({ min: -3n, max: 3n })).map(([a, b]) => a + b),
  fc.constantFrom(MOST, MOST - 1n, -MOST - 1n, -MOST),
  fc.bigInt({ min: -MOST, max: MOST }),
);

it('whole numbers of 64 bits lie behind as many cut points as are not above them', () => {
  fc.assert(
    fc.property(
      fc.array(whole, { maxLength: 60 }),
      fc.array(fc.tuple(whole, fc.boolean()), { minLength: 1, maxLength: 60 }),
      (keys, rows) => {
        const points = sorted(keys);
        const numbers = new Uint16Array(rows.length + 2);
        const values = new Int32Array(BigInt64Array.from(rows, ([value]) => value).buffer);
        locateInt64(values, validityOf(rows.map(([, there]) => there)), makeCuts(points), numbers, 2);
        expect([...numbers.subarray(2)]).toEqual(rows.map(([value, there]) => (there ? below(points, value) : points.length + 1)));
      },
    ),
    { numRuns: 500 },
  );
});

const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(-0, 0, 5e-324, -5e-324, 0.1, 100, 1_000, 10_000, Number.MAX_VALUE, -Number.MAX_VALUE, Infinity, -Infinity),
);

it('doubles too, with -0 like 0 and both infinities', () => {
  fc.assert(
    fc.property(fc.array(number, { maxLength: 60 }), fc.array(number, { minLength: 1, maxLength: 60 }), (keys, values) => {
      const points = sorted(keys.map((key) => key + 0));
      const numbers = new Uint16Array(values.length);
      locateDoubles(Float64Array.from(values), null, makeCuts(points), numbers, 0);
      expect([...numbers]).toEqual(values.map((value) => below(points, value)));
    }),
    { numRuns: 500 },
  );
});

it('days too', () => {
  const day = fc.integer({ min: -719_162, max: 2_932_896 });
  fc.assert(
    fc.property(fc.array(day, { maxLength: 200 }), fc.array(day, { minLength: 1, maxLength: 60 }), (keys, values) => {
      const points = sorted(keys.map(BigInt));
      const numbers = new Uint16Array(values.length);
      locateInt32(Int32Array.from(values), null, makeCuts(points), numbers, 0);
      expect([...numbers]).toEqual(values.map((value) => below(points, BigInt(value))));
    }),
    { numRuns: 200 },
  );
});

it('what lies outside of the bounds counts as missing, and is counted', () => {
  const pair = fc.tuple(whole, whole).map(([a, b]) => (a < b ? [a, b] : [b, a]) as [bigint, bigint]);
  fc.assert(
    fc.property(pair, fc.array(whole, { maxLength: 5 }), fc.array(whole, { minLength: 1, maxLength: 60 }), ([low, high], keys, others) => {
      const points = sorted(keys);
      const values = [...others, low, high, low - 1n, high + 1n].map((value) => BigInt.asIntN(64, value));
      const wanted = values.map((value) => (value < low || value > high ? points.length + 1 : below(points, value)));
      const numbers = new Uint16Array(values.length);
      const words = new Int32Array(BigInt64Array.from(values).buffer);
      const outside = locateInt64(words, null, makeCuts(points), numbers, 0, boundsOf(low, high));
      expect([...numbers]).toEqual(wanted);
      expect(outside).toBe(values.filter((value) => value < low || value > high).length);
    }),
    { numRuns: 500 },
  );
  const numbers = new Uint16Array(4);
  const days = Int32Array.of(-719_163, -719_162, 2_932_896, 2_932_897);
  expect(locateInt32(days, null, makeCuts([0n]), numbers, 0, boundsOf(-719_162n, 2_932_896n))).toBe(2);
  expect([...numbers]).toEqual([2, 0, 1, 2]);
  locateDoubles(Float64Array.of(Number.NaN, 1), null, makeCuts([0]), numbers, 0);
  expect([...numbers.subarray(0, 2)]).toEqual([2, 1]);
});
