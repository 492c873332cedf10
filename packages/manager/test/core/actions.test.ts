import { describe, expect, test } from 'vitest';
import { planCommand, refusal } from '../../src/core/commands.ts';
import { Bench } from './bench-of.ts';

function evaluating(tags = 3, shards = 2) {
  const bench = new Bench();
  bench.join('e1', shards);
  const run = bench.run(tags, shards);
  bench.plan(run);
  return { bench, run };
}

describe('stop', () => {
  test('before the merge a stopped tag is in no scope, and the others go on', () => {
    const { bench, run } = evaluating();
    bench.act(run, 'stop', ['tag-2']);
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'running', 'tag-2': 'stopped', 'tag-3': 'running' });
    bench.finishAll(run, 'evaluate');
    expect(bench.open(run, 'merge').every((one) => !one.dispatch.scope!.includes(2))).toBe(true);
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('partial');
  });

  test('the last tag is stopping until every attempt has confirmed', () => {
    const { bench, run } = evaluating(1);
    bench.act(run, 'stop', ['tag-1']);
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'stopping' });
    const [first, second] = bench.open(run, 'evaluate');
    bench.finish(first!, 2);
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'stopping' });
    bench.finish(second!, 2);
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'stopped' });
    expect(bench.sent.some((effect) => effect.type === 'dispatch' && effect.step === 'merge')).toBe(false);
  });

  test('in the merge it waits for the merges that carry the tag, and later ones leave it out', () => {
    const bench = new Bench();
    bench.join('e1', 1);
    const run = bench.run(2, 3);
    bench.plan(run);
    bench.finishAll(run, 'evaluate');
    const [carrying] = bench.open(run, 'merge');
    bench.act(run, 'stop', ['tag-2']);
    expect(bench.states(run)).toMatchObject({ 'tag-2': 'stopping' });
    bench.finish(carrying!);
    expect(bench.states(run)).toMatchObject({ 'tag-2': 'stopped' });
    expect(bench.open(run, 'merge')[0]!.dispatch.scope).toEqual([1]);
    bench.finishAll(run, 'merge');
    expect(run.stories.linesOf(2).at(-1)?.text).toContain('1 of 3 shards had been merged');
  });
});

describe('hold and release', () => {
  test('a tag held before the merge leaves the pass, and its release makes a new one', () => {
    const { bench, run } = evaluating();
    bench.act(run, 'hold', ['tag-1']);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'pending', 'tag-2': 'succeeded', report: 'succeeded' });
    expect(run.state).toBe('partial');
    bench.act(run, 'release', ['tag-1']);
    expect(run.state).toBe('running');
    expect(bench.states(run)).toMatchObject({ report: 'registered' });
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('succeeded');
  });

  test('holding and releasing a tag that waits in a pass does not put it into a second one', () => {
    const bench = new Bench();
    const run = bench.run(2, 1);
    bench.join('e1', 1);
    bench.plan(run);
    bench.finish(bench.open(run, 'evaluate')[0]!, 1, { code: 'S3_UNAVAILABLE', message: '503' });
    bench.act(run, 'hold', ['tag-1']);
    bench.act(run, 'release', ['tag-1']);
    expect(run.passes).toHaveLength(2);
  });
});

describe('gates', () => {
  test('a manual gate waits for a click on run', () => {
    const bench = new Bench();
    bench.join('e1', 4);
    const run = bench.run(2, 1, { 2: 'manual' });
    bench.plan(run);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'succeeded', 'tag-2': 'pending', report: 'registered' });
    expect(run.state).toBe('running');
    bench.act(run, 'run', ['tag-2']);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('succeeded');
  });
});

describe('skip, mark success, rerun', () => {
  test('skip of the plan needs the subtree with it', () => {
    const bench = new Bench();
    const run = bench.run(2, 1);
    expect(planCommand(run, 'skip', [0], 'as-success').refused[0]?.sentence).toContain('tags need what it finds');
    bench.act(run, 'skip', ['plan'], 'skip-subtree');
    expect(bench.states(run)).toEqual({ plan: 'skipped', 'tag-1': 'skipped', 'tag-2': 'skipped', report: 'succeeded' });
    expect(refusal(run, 1, 'run')).toContain('run the plan again first');
  });

  test('a failed tag marked as success counts as one', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(2, 1);
    bench.plan(run, [2]);
    bench.act(run, 'mark-success', ['tag-2']);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('succeeded');
  });

  test('rerun does it again with what follows, and the run goes on', () => {
    const { bench, run } = evaluating();
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    bench.act(run, 'rerun', ['tag-1']);
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'running', 'tag-2': 'succeeded', report: 'registered' });
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('succeeded');
    expect(run.passes).toHaveLength(3);
  });

  test('a tag whose rule is broken fails again when it is retried', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(1, 1);
    bench.plan(run, [1]);
    expect(run.state).toBe('failed');
    bench.act(run, 'retry', ['tag-1']);
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'failed' });
    expect(run.state).toBe('failed');
  });
});

test('a tag that was asked for while its plan was being skipped says that there is nothing to evaluate from', () => {
  const bench = new Bench();
  bench.join('e1', 1);
  const run = bench.run(1, 2);
  bench.act(run, 'skip', ['plan'], 'skip-subtree');
  bench.act(run, 'run', ['tag-1']);
  bench.finish(bench.open(run, 'plan')[0]!, 2);
  expect(bench.states(run)).toMatchObject({ plan: 'skipped', 'tag-1': 'failed' });
  expect(run.errors.get(1)?.message).toContain('run the plan again');
  expect(run.endedMs).not.toBeNull();
});
