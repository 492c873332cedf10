import { describe, expect, test } from 'vitest';
import { shardCount } from '../../src/sources/cuts.ts';

describe('how many shards', () => {
  test('at least one, rounded up', () => {
    expect(shardCount(0, 100)).toBe(1);
    expect(shardCount(200, 100)).toBe(2);
    expect(shardCount(201, 100)).toBe(3);
  });

  test('too many are refused with what to write instead', () => {
    expect(() => shardCount(10_000_000, 1)).toThrow(/10000000 shards; 1000000 are allowed: use --shard-rows 10 or more/);
  });
});
