import { describe, expect, test } from 'vitest';
import { refusal } from '../../src/core/commands.ts';
import { Bench } from './bench-of.ts';

/** A run of three tags in two shards that has ended. */
function merged() {
  const bench = new Bench();
  bench.join('e1', 2);
  const run = bench.run(3, 2);
  bench.plan(run);
  bench.finishAll(run, 'evaluate');
  bench.finishAll(run, 'merge');
  return { bench, run };
}

const undone = { inserted: 0, updated: 7, unchanged: 2, tags: [], conflicts: [], unreadableRows: 0, bytesRead: 0, durationMs: 1 };

function finishRollback(bench: Bench, run: ReturnType<typeof merged>['run']): void {
  for (const one of bench.open(run, 'rollback')) bench.finish(one, 0, undone);
}

describe('rollback', () => {
  test('undoes what the instance changed, shard by shard, and ends as stopped with a notice', () => {
    const { bench, run } = merged();
    bench.act(run, 'rollback', ['tag-2']);
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'succeeded', 'tag-2': 'running' });
    const open = bench.open(run, 'rollback');
    expect(open.map((one) => [one.shard, one.dispatch.scope])).toEqual([
      [0, [2]],
      [1, [2]],
    ]);
    expect(run.passes.at(-1)!.undoes).toBe(2);
    finishRollback(bench, run);
    expect(bench.states(run)['tag-2']).toBe('stopped');
    expect(run.reasons.get(2)).toBe('rolled back: 14 users are as they were before, 4 were changed since and left alone');
    expect(run.state).toBe('partial');
  });

  test('is offered once: what was undone is not undone again', () => {
    const { bench, run } = merged();
    bench.act(run, 'rollback', ['tag-2']);
    finishRollback(bench, run);
    expect(refusal(run, 2, 'rollback')).toContain('nothing to roll back');
    bench.act(run, 'run', ['tag-2']);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(bench.states(run)['tag-2']).toBe('succeeded');
    expect(refusal(run, 2, 'rollback')).toBeNull();
  });

  test('goes back over every pass that changed the row, the newest first', () => {
    const { bench, run } = merged();
    bench.act(run, 'rerun', ['tag-1']);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    bench.act(run, 'rollback', ['tag-1']);
    expect(run.passes.at(-1)!.undoes).toBe(3);
    finishRollback(bench, run);
    expect(run.passes.at(-1)!.undoes).toBe(2);
    expect(bench.states(run)['tag-1']).toBe('running');
    finishRollback(bench, run);
    expect(bench.states(run)['tag-1']).toBe('stopped');
  });

  test('waits for the target while another pass merges', () => {
    const { bench, run } = merged();
    const other = bench.run(1, 2);
    bench.plan(other);
    bench.finishAll(other, 'evaluate');
    bench.act(run, 'rollback', ['tag-1']);
    expect(bench.open(run, 'rollback')).toEqual([]);
    bench.finishAll(other, 'merge');
    expect(bench.open(run, 'rollback')).toHaveLength(2);
  });

  test('that is stopped says how far it came', () => {
    const { bench, run } = merged();
    bench.act(run, 'rollback', ['tag-1']);
    const [first, second] = bench.open(run, 'rollback');
    bench.finish(first!, 0, undone);
    bench.act(run, 'stop', ['tag-1']);
    bench.finish(second!, 2);
    expect(bench.states(run)['tag-1']).toBe('stopped');
    expect(run.stories.linesOf(1).at(-1)?.text).toContain('1 of 2 shards had been rolled back');
    expect(refusal(run, 1, 'rollback')).toBeNull();
  });

  test('that fails says why, and can be asked for again', () => {
    const { bench, run } = merged();
    bench.act(run, 'rollback', ['tag-1']);
    for (const one of bench.open(run, 'rollback')) bench.finish(one, 1, { code: 'DATABASE_SCHEMA', message: 'a column is missing' });
    expect(bench.states(run)['tag-1']).toBe('failed');
    expect(run.errors.get(1)?.code).toBe('DATABASE_SCHEMA');
    expect(refusal(run, 1, 'rollback')).toBeNull();
  });

  test('is refused where nothing was changed, with the reason', () => {
    const { bench, run } = merged();
    expect(refusal(run, 0, 'rollback')).toContain('changes nothing in user_tags');
    const stopped = bench.run(1, 2);
    bench.plan(stopped);
    bench.act(stopped, 'stop', ['tag-1']);
    for (const one of bench.open(stopped, 'evaluate')) bench.finish(one, 2);
    expect(refusal(stopped, 1, 'rollback')).toContain('changed nothing in user_tags');
  });

  test('of a lost executor asks the target, as a merge does', () => {
    const { bench, run } = merged();
    bench.act(run, 'rollback', ['tag-1']);
    bench.join('e1', 2, 'e1-again');
    const settle = bench.sent.findLast((effect) => effect.type === 'settle');
    expect(settle).toMatchObject({ shards: [0, 1], pieceHashes: null, scope: [1] });
  });
});

test('a tag that is held waits for its release, in no pass', () => {
  const bench = new Bench();
  bench.join('e1', 2);
  const run = bench.run(1, 2);
  bench.plan(run);
  bench.finishAll(run, 'evaluate');
  bench.act(run, 'hold', ['tag-1']);
  bench.finishAll(run, 'merge');
  expect(bench.states(run)['tag-1']).toBe('succeeded');
  bench.act(run, 'rollback', ['tag-1']);
  expect([bench.states(run)['tag-1'], run.pass(1)]).toEqual(['pending', undefined]);
  bench.act(run, 'release', ['tag-1']);
  finishRollback(bench, run);
  expect(bench.states(run)['tag-1']).toBe('stopped');
});
