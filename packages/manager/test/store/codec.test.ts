import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Stamped } from '../../src/core/events.ts';
import { decodeBatch, encodeBatch } from '../../src/store/codec.ts';

const u32 = fc.nat(0xffff_ffff);
const leased = fc
  .record({ shards: fc.array(u32, { maxLength: 50 }), firstToken: fc.nat(), fanOut: u32, executor: fc.string() })
  .map(({ shards, ...rest }): Stamped['event'] => ({ type: 'leased', ...rest, shards: Uint32Array.from(shards) }));
const results = fc
  .record({
    rows: fc.array(fc.tuple(u32, fc.nat(2 ** 40), fc.nat(2), fc.string()), { maxLength: 50 }),
    fanOut: u32,
    executor: fc.string(),
    tiny: fc.boolean(),
  })
  .map(({ rows, fanOut, executor, tiny }): Stamped['event'] => ({
    type: 'results',
    executor,
    fanOut,
    shards: Uint32Array.from(rows, (row) => row[0]),
    tokens: Float64Array.from(rows, (row) => row[1]),
    status: Uint8Array.from(rows, (row) => row[2]),
    details: tiny ? null : rows.map((row) => row[3]),
  }));
const others = fc.record({ id: fc.string() }).map(({ id }): Stamped['event'] => ({ type: 'executor-draining', id }));

describe('a journal batch', () => {
  test('comes back as it went in', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ atMs: fc.double({ noNaN: true }), event: fc.oneof(leased, results, others) }), { maxLength: 20 }),
        (events) => {
          expect(decodeBatch(encodeBatch(events))).toEqual(events);
        },
      ),
    );
  });

  test('of a newer version is refused with a sentence', () => {
    const blob = encodeBatch([]);
    blob[0] = 200;
    expect(() => decodeBatch(blob)).toThrow(/version 200.*reads 1/);
  });
});
