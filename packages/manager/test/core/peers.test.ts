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

describe('results', () => {
  test('of an executor that does not hold the lease change nothing, although the token is right', () => {
    const { bench, run } = evaluating();
    bench.join('e2');
    const one = bench.open(run, 'evaluate')[0]!;
    const before = bench.state.ignoredResults;
    const detail = JSON.stringify({ pieceHash: 'x', users: 1, bytesRead: 1, tags: [] });
    bench.input(answer(one, 0, detail, 'e2'));
    expect(bench.state.ignoredResults).toBe(before + 1);
    expect(bench.open(run, 'evaluate')).toContainEqual(one);
  });

  test('with impossible tokens, shards or states change nothing', () => {
    const { bench, run } = evaluating();
    const one = bench.open(run, 'evaluate')[0]!;
    for (const token of [Number.NaN, Number.POSITIVE_INFINITY, -1, one.token + 0.5, 2 ** 53])
      bench.input(answer(one, 0, '{}', 'e1', token));
    bench.input(answer({ ...one, shard: 4_294_967_295 }, 0, '{}'));
    bench.input(answer({ ...one, dispatch: { ...one.dispatch, fanOut: 4_294_967_295 } }, 0, '{}'));
    expect(bench.states(run)['tag-1']).toBe('running');
    expect(bench.open(run, 'evaluate')).toContainEqual(one);
    expect(bench.state.ignoredResults).toBe(7);
  });
});

describe('an executor that comes back', () => {
  test('is told again to stop what was stopped while its stream was away', () => {
    const { bench, run } = evaluating();
    const [one, two] = bench.open(run, 'evaluate');
    bench.act(run, 'stop', ['tag-1']);
    const effects = bench.join('e1', 2, 'e1-1', [{ fanOut: one!.dispatch.fanOut, shards: [0, 1], tokens: [one!.token, two!.token] }]);
    expect(effects).toContainEqual(expect.objectContaining({ type: 'cancel', executor: 'e1', shards: [0, 1] }));
    expect(bench.states(run)['tag-1']).toBe('stopping');
    bench.finish(one!, 2);
    bench.finish(two!, 2);
    expect(bench.states(run)['tag-1']).toBe('stopped');
  });

  test('over and over without its shards charges them nothing: retries are for what failed', () => {
    const { bench, run } = evaluating(1);
    for (let i = 0; i < 6; i++) bench.join('e1', 2, 'e1-1', []);
    bench.finish(bench.open(run, 'evaluate')[0]!, 1, { code: 'S3_UNAVAILABLE', message: '503' });
    expect(bench.states(run)['tag-1']).toBe('running');
    bench.wait(2_000);
    expect(bench.open(run, 'evaluate')).toHaveLength(1);
  });
});

test('a plan that arrives after it was stopped is not taken up', () => {
  const bench = new Bench();
  bench.join('e1');
  const run = bench.run(2, 1);
  bench.act(run, 'stop', ['plan']);
  bench.plan(run, [1]);
  expect(bench.states(run)).toMatchObject({ plan: 'stopped', 'tag-1': 'stopped', 'tag-2': 'stopped' });
  expect(run.plan).toBeNull();
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
