/** What a peer says is never trusted: it changes nothing, or it fails a shard with a sentence; it never throws. */
import { describe, expect, test } from 'vitest';
import type { ResultsEvent } from '../../src/core/events.ts';
import { Bench } from './bench-of.ts';

function evaluating(shards = 2): { bench: Bench; run: ReturnType<Bench['run']> } {
  const bench = new Bench();
  bench.join('e1');
  const run = bench.run(1, shards);
  bench.plan(run);
  return { bench, run };
}

describe('details that cannot be read', () => {
  test.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['no tags', '{"pieceHash":"h","users":1,"bytesRead":1}'],
    ['a tag that is no object', '{"pieceHash":"h","users":1,"bytesRead":1,"tags":[null]}'],
    ['a count that is a word', '{"pieceHash":"h","users":"many","bytesRead":1,"tags":[]}'],
    ['a negative count', '{"pieceHash":"h","users":-1,"bytesRead":1,"tags":[]}'],
    ['a hash that is a number', '{"pieceHash":1,"users":1,"bytesRead":1,"tags":[]}'],
  ])('%s fails the shard and says so', (_, detail) => {
    for (const status of [0, 1]) {
      const { bench, run } = evaluating();
      const one = bench.open(run, 'evaluate')[0]!;
      bench.input(answer(one, status, detail));
      expect(bench.states(run)['tag-1']).toBe('failed');
      expect(run.errors.get(run.index.find('tag-1'))?.message).toMatch(/cannot be read|gave no reason/);
    }
  });

  test('a plan said to be done without a plan fails it', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(1, 2);
    bench.input(answer(bench.open(run, 'plan')[0]!, 0, '{"blob":"plan/1"}'));
    expect(bench.states(run)).toMatchObject({ plan: 'failed', 'tag-1': 'failed' });
    expect(run.state).toBe('failed');
  });
});

type Open = ReturnType<Bench['open']>[number];

const answer = (one: Open, status: number, detail: string, executor = one.dispatch.executor, token = one.token): ResultsEvent => ({
  type: 'results',
  executor,
  fanOut: one.dispatch.fanOut,
  shards: Uint32Array.of(one.shard),
  tokens: Float64Array.of(token),
  status: Uint8Array.of(status),
  details: [detail],
});
