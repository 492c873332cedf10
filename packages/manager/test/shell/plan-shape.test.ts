import { describe, expect, test } from 'vitest';
import { readPlan } from '../../src/shell/plan-shape.ts';

const good = {
  businessDate: '2026-11-22',
  tables: [{ name: 't', objects: [{ key: 'a' }], rows: 1 }],
  faults: [],
  catalog: { fields: [{ name: 'user_id' }] },
  keyType: 'string',
  cuts: ['a', 'b'],
  usersEstimate: 1,
  bytesRead: 1,
  notes: [],
};

describe('a plan from an executor', () => {
  test('of the right form is taken', () => {
    expect(readPlan(JSON.stringify(good)).cuts).toEqual(['a', 'b']);
  });

  test.each([
    ['no JSON', '{', 'no JSON'],
    ['null', 'null', 'the plan itself'],
    ['no cuts', JSON.stringify({ ...good, cuts: undefined }), 'cuts'],
    ['cuts that are numbers', JSON.stringify({ ...good, cuts: [1] }), 'cuts'],
    ['no catalogue', JSON.stringify({ ...good, catalog: {} }), 'catalog'],
    ['a table that is null', JSON.stringify({ ...good, tables: [null] }), 'tables'],
    ['bytes that are a word', JSON.stringify({ ...good, bytesRead: 'much' }), 'bytesRead'],
  ])('%s is refused with a sentence', (_, json, what) => {
    expect(() => readPlan(json)).toThrow(what);
  });

  test('with more shards than a pass may have is refused', () => {
    expect(() => readPlan(JSON.stringify({ ...good, cuts: new Array(1_000_000).fill('x') }))).toThrow('--shard-rows');
  });
});
