import { describe, expect, it } from 'vitest';
import { type BatchDone, shardSum } from '../../src/tagstore/shard-sum.ts';

const counts = { users: 10, inserted: 1, updated: 2, unreadableRows: 0, conflicts: [], tags: [[7, 2, 1]] };
const batch = (number: number, last = false, pieceHash = 'h'): BatchDone => ({
  batch: number,
  pieceHash,
  counts: JSON.stringify({ ...(last ? { last: true } : {}), ...counts }),
});

describe('a shard as its batches tell it', () => {
  it('is whole when all are there, in whatever order they are read', () => {
    expect(shardSum([batch(2, true), batch(0), batch(1)], [7, 8], 'h')).toEqual({
      inserted: 3,
      updated: 6,
      unchanged: 21,
      tags: [
        { tagId: 7, entered: 6, exited: 3 },
        { tagId: 8, entered: 0, exited: 0 },
      ],
      conflicts: [],
      unreadableRows: 0,
      bytesRead: 0,
      durationMs: 0,
    });
  });

  it.each([
    ['nothing', []],
    ['the beginning', [batch(0), batch(1)]],
    ['batches of a version that did not mark the last', [batch(0)]],
    ['a gap', [batch(0), batch(2, true)]],
    ['no beginning', [batch(1, true)]],
    ['one behind the last', [batch(0, true), batch(1)]],
    ['another piece', [batch(0, false, 'other'), batch(1, true)]],
  ])('is not whole with %s', (_, batches) => {
    expect(shardSum(batches, [7], 'h')).toBeNull();
  });

  it('of any piece, when none is named', () => {
    expect(shardSum([batch(0, true, 'other')], [7], null)).not.toBeNull();
  });
});
