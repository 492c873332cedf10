import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Keys, keyAt, orderOf, rankKeys } from '../../src/engine/keys.ts';
import { mergeKeys } from '../../src/engine/merge-keys.ts';
import { Scratch } from '../../src/engine/scratch.ts';
import { sortedOrder } from '../../src/engine/sort-rows.ts';
import { compareUtf8, type KeyRange } from '../../src/sources/key-order.ts';

function textKeys(texts: readonly string[]): Keys {
  const offsets = new Uint32Array(texts.length + 1);
  texts.forEach((text, at) => {
    offsets[at + 1] = offsets[at]! + Buffer.byteLength(text);
  });
  return { kind: 'string', count: texts.length, bytes: Buffer.from(texts.join('')), offsets };
}

const integerKeys = (values: readonly bigint[]): Keys => ({ kind: 'int64', count: values.length, values: BigInt64Array.from(values) });

function check(columns: readonly Keys[], range: KeyRange, sortedUnion: readonly string[]): void {
  const ranked = columns.map((keys) => rankKeys(keys, range, new Float64Array(keys.count)));
  for (const column of ranked) expect(orderOf(column)).toEqual({ sorted: true, repeats: 0 });
  const merged = mergeKeys(ranked, new Scratch());
  const users = Array.from({ length: merged.users }, (_, user) => {
    const source = merged.source[user]!;
    return keyAt(columns[source]!, merged.rowOf[source]![user]!);
  });
  expect(users).toEqual(sortedUnion);
  columns.forEach((keys, t) => {
    const own = users.filter((_, user) => merged.rowOf[t]![user]! >= 0);
    expect(own).toEqual(Array.from({ length: keys.count }, (_, row) => keyAt(keys, row)));
  });
}

/** Texts that share beginnings, hold NUL, and are of all lengths. */
const key = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', '\0', 'é', '😀', ' '), maxLength: 12 }),
  fc.nat(300).map((n) => `user_${String(n).padStart(6, '0')}`),
  fc.nat(50).map((n) => `user_00000${n}`),
);

it('joins sorted texts of any kind', () => {
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(key, { maxLength: 40 }), { minLength: 1, maxLength: 4 }), (columns) => {
      const sorted = columns.map((column) => [...column].sort(compareUtf8));
      check(sorted.map(textKeys), {}, [...new Set(columns.flat())].sort(compareUtf8));
    }),
    { numRuns: 300 },
  );
});

it('joins within a range whose ends share a beginning', () => {
  const inside = fc.nat(9_999).map((n) => `user_1${String(n).padStart(4, '0')}${n % 3 === 0 ? 'x' : ''}`);
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(inside, { maxLength: 60 }), { minLength: 1, maxLength: 3 }), (columns) => {
      const sorted = columns.map((column) => [...column].sort(compareUtf8));
      check(sorted.map(textKeys), { from: 'user_1', to: 'user_2' }, [...new Set(columns.flat())].sort(compareUtf8));
    }),
    { numRuns: 200 },
  );
});

it('joins integers, those beyond 2^53 too', () => {
  const value = fc.oneof(
    fc.bigInt({ min: -5n, max: 5n }),
    fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 3n }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  );
  const numeric = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(value, { maxLength: 20 }), { minLength: 1, maxLength: 3 }), (columns) => {
      const sorted = columns.map((column) => [...column].sort(numeric));
      check(sorted.map(integerKeys), {}, [...new Set(columns.flat())].sort(numeric).map(String));
    }),
    { numRuns: 200 },
  );
});

it('sorts rows of any kind', () => {
  const many = fc.array(key, { maxLength: 5_000, size: 'max' });
  fc.assert(
    fc.property(many, (texts) => {
      const keys = textKeys(texts);
      const order = sortedOrder(rankKeys(keys, {}, new Float64Array(keys.count)));
      expect(Array.from(order, (row) => texts[row])).toEqual([...texts].sort(compareUtf8));
    }),
    { numRuns: 15 },
  );
});

it('sees disorder and repeats', () => {
  const order = (texts: readonly string[]): unknown => {
    const keys = textKeys(texts);
    return orderOf(rankKeys(keys, {}, new Float64Array(keys.count)));
  };
  expect(order(['a', 'b', 'b', 'b', 'c'])).toEqual({ sorted: true, repeats: 2 });
  expect(order(['user_0001', 'user_0000'])).toMatchObject({ sorted: false });
  expect(order(['b', 'a'])).toMatchObject({ sorted: false });
  expect(order(['a\0', 'a'])).toMatchObject({ sorted: false });
});

it('orders texts by the bytes of UTF-8', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
  );
  expect(compareUtf8('\uff5e', '😀')).toBeLessThan(0);
});
