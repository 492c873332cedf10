import { describe, expect, test } from 'vitest';
import type { Effect } from '../../src/core/effects.ts';
import { Bench } from './bench-of.ts';

type Settle = Extract<Effect, { type: 'settle' }>;

/** Two executors in the middle of merging `tags` tags in four shards. */
function merging(tags = 1) {
  const bench = new Bench();
  bench.join('e1', 2);
  bench.join('e2', 2);
  const run = bench.run(tags, 4);
  bench.plan(run);
  bench.finishAll(run, 'evaluate');
  return { bench, run };
}

const asked = (bench: Bench): Settle[] => bench.sent.filter((effect): effect is Settle => effect.type === 'settle');

const whole = JSON.stringify({
  inserted: 4,
  updated: 0,
  unchanged: 6,
  tags: [{ tagId: 1, entered: 4, exited: 0 }],
  conflicts: [],
  unreadableRows: 0,
  bytesRead: 0,
  durationMs: 1,
});

function answer(bench: Bench, settle: Settle, found: (shard: number) => boolean): Effect[] {
  const { fanOut, token, shards } = settle;
  return bench.input({ type: 'settled', fanOut, token, shards, results: shards.map((shard) => (found(shard) ? whole : null)) });
}

/** e2 is gone without a word. */
function loseSecond(bench: Bench): void {
  bench.state.executors.get('e2')!.disconnectedMs = bench.nowMs;
  bench.hear('e1');
  bench.wait(1_000);
}

describe('a merge whose executor is gone', () => {
  test('is leased to nobody until the target was asked, under a token above all that were given', () => {
    const { bench, run } = merging();
    const lost = bench.open(run, 'merge').filter((one) => one.dispatch.executor === 'e2');
    loseSecond(bench);
    const [settle] = asked(bench);
    expect(settle!.shards).toEqual(lost.map((one) => one.shard));
    expect(settle!.pieceHashes).toEqual(lost.map((one) => `h${one.shard}`));
    for (const one of lost) expect(settle!.token).toBeGreaterThan(one.token);
    for (const one of bench.open(run, 'merge')) if (one.dispatch.executor === 'e1') bench.finish(one);
    expect(bench.open(run, 'merge')).toEqual([]);
    expect(asked(bench)).toHaveLength(1);
  });

  test('counts as done when the target has all of it, and is done again when not', () => {
    const { bench, run } = merging();
    loseSecond(bench);
    const settle = asked(bench)[0]!;
    const [found, missing] = settle.shards;
    answer(bench, settle, (shard) => shard === found);
    expect(bench.state.settled).toEqual({ accepted: 1, redone: 1 });
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('succeeded');
    const again = bench.sent.filter((effect) => effect.type === 'dispatch' && effect.step === 'merge' && effect.firstToken > settle.token);
    expect(again.flatMap((effect) => (effect.type === 'dispatch' ? [...effect.shards] : []))).toContain(missing);
    expect(run.passes.at(-1)!.users.inserted).toBe(4 * 4);
  });

  test('takes no result of the old attempt while the target is asked', () => {
    const { bench, run } = merging();
    const lost = bench.open(run, 'merge').find((one) => one.dispatch.executor === 'e2')!;
    loseSecond(bench);
    bench.finish(lost);
    expect(bench.state.ignoredResults).toBe(1);
    expect(run.passes.at(-1)!.fanOut!.unsure).toBe(2);
  });

  test('is asked for again after a restart, and an answer to the old question changes nothing', () => {
    const { bench, run } = merging();
    loseSecond(bench);
    const before = asked(bench)[0]!;
    for (const { fanOut } of bench.state.open.values()) fanOut.asked.clear();
    bench.decide();
    const after = asked(bench)[1]!;
    expect(after.shards).toEqual(before.shards);
    expect(after.token).toBeGreaterThan(before.token);
    answer(bench, before, () => true);
    expect(run.passes.at(-1)!.fanOut!.unsure).toBe(2);
    answer(bench, after, () => false);
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('succeeded');
  });

  test('that cost three executors is put aside', () => {
    const { bench, run } = merging();
    const shard = bench.open(run, 'merge').find((one) => one.dispatch.executor === 'e2')!.shard;
    for (let round = 1; round <= 3; round += 1) {
      const holder = bench.open(run, 'merge').find((one) => one.shard === shard)!.dispatch.executor;
      bench.join(holder, 2, `${holder}-again-${round}`);
      answer(bench, asked(bench).at(-1)!, () => false);
    }
    expect(run.errors.get(1)?.code).toBe('EXECUTOR_LOST');
  });
});

describe('a stop in the merge', () => {
  test('is confirmed only after the target was asked about attempts whose executor is gone', () => {
    const { bench, run } = merging();
    loseSecond(bench);
    bench.act(run, 'stop', ['tag-1']);
    for (const one of bench.open(run, 'merge')) bench.finish(one, 2);
    expect(bench.states(run)['tag-1']).toBe('stopping');
    answer(bench, asked(bench)[0]!, () => false);
    expect(bench.states(run)['tag-1']).toBe('stopped');
    expect(run.state).toBe('partial');
  });

  test('of one tag waits for the attempts that carry it, also those nobody can tell of', () => {
    const { bench, run } = merging(2);
    bench.act(run, 'stop', ['tag-2']);
    loseSecond(bench);
    for (const one of bench.open(run, 'merge')) if (one.dispatch.executor === 'e1') bench.finish(one);
    expect(bench.states(run)['tag-2']).toBe('stopping');
    answer(bench, asked(bench)[0]!, () => false);
    expect(bench.states(run)['tag-2']).toBe('stopped');
    bench.finishAll(run, 'merge');
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'succeeded', 'tag-2': 'stopped' });
  });

  test('after a restart asks about every shard that waits: the journal may lack a lease of it', () => {
    const bench = new Bench();
    bench.join('e1', 1);
    const run = bench.run(1, 4);
    bench.plan(run);
    bench.finishAll(run, 'evaluate');
    bench.input({ type: 'term-taken', term: 2 });
    bench.input({ type: 'tokens-reserved', upTo: 2 ** 41 });
    const [leased] = bench.open(run, 'merge');
    bench.act(run, 'stop', ['tag-1']);
    bench.finish(leased!, 2);
    expect(bench.states(run)['tag-1']).toBe('stopping');
    expect(asked(bench).at(-1)!.shards).toEqual([0, 1, 2, 3].filter((shard) => shard !== leased!.shard));
    answer(bench, asked(bench).at(-1)!, () => false);
    expect(bench.states(run)['tag-1']).toBe('stopped');
  });

  test('without a restart asks nobody where every attempt has confirmed', () => {
    const { bench, run } = merging();
    bench.act(run, 'stop', ['tag-1']);
    for (const one of bench.open(run, 'merge')) bench.finish(one, 2);
    expect(bench.states(run)['tag-1']).toBe('stopped');
    expect(asked(bench)).toEqual([]);
  });

  test('whose worker process had to be ended is confirmed after the target was asked: its COMMIT may be under way', () => {
    const { bench, run } = merging();
    bench.act(run, 'stop', ['tag-1']);
    const [killed, ...others] = bench.open(run, 'merge');
    bench.finish(killed!, 2, { code: 'WORKER_DIED', message: 'it did not stop within 5 s and its process was ended' });
    for (const one of others) bench.finish(one, 2);
    expect(bench.states(run)['tag-1']).toBe('stopping');
    expect(run.pass(1)!.history.find((one) => one.outcome === 'stopped' && one.message?.includes('was ended'))).toBeDefined();
    answer(bench, asked(bench)[0]!, () => true);
    expect(bench.states(run)['tag-1']).toBe('stopped');
    expect(run.stories.linesOf(1).at(-1)?.text).toContain('1 of 4 shards had been merged');
  });
});

test('an attempt whose lease the journal lost is taken up without the tags that had left before', () => {
  const bench = new Bench();
  bench.join('e1', 1);
  const run = bench.run(2, 3);
  bench.plan(run);
  bench.finishAll(run, 'evaluate');
  const [carrying] = bench.open(run, 'merge');
  bench.act(run, 'stop', ['tag-2']);
  bench.finish(carrying!);
  expect(bench.states(run)['tag-2']).toBe('stopped');
  const [leased] = bench.open(run, 'merge');
  // The restart knows nothing of that last lease, and the executor brings it back.
  const { fanOut } = run.passes.at(-1)!;
  fanOut!.giveBack(leased!.shard, bench.nowMs);
  bench.state.executors.get('e1')!.slotsUsed = 0;
  bench.input({ type: 'term-taken', term: 2 });
  bench.input({ type: 'tokens-reserved', upTo: 2 ** 41 });
  const held = [{ fanOut: fanOut!.id, shards: [leased!.shard], tokens: [leased!.token + 1] }];
  bench.join('e1', 1, 'e1-1', held);
  expect(fanOut!.token[leased!.shard]).toBeGreaterThan(leased!.token);
  expect(run.passes.at(-1)!.scopes[run.passes.at(-1)!.scopeOf[leased!.shard]!]).toEqual([1]);
});
