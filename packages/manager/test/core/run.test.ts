import { describe, expect, test } from 'vitest';
import { reportOf } from '../../src/core/report.ts';
import { Bench } from './bench-of.ts';

const dispatches = (bench: Bench, step: string) => bench.sent.filter((effect) => effect.type === 'dispatch' && effect.step === step);

describe('a run', () => {
  test('goes from plan to report, one pass for all its tags', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(3, 4);
    expect(bench.states(run)).toEqual({
      plan: 'running',
      'tag-1': 'registered',
      'tag-2': 'registered',
      'tag-3': 'registered',
      report: 'registered',
    });
    bench.plan(run);
    expect(dispatches(bench, 'evaluate')).toHaveLength(2);
    bench.finishAll(run, 'evaluate');
    expect(run.passes).toHaveLength(2);
    bench.finishAll(run, 'merge');
    expect(bench.states(run)).toEqual({
      plan: 'succeeded',
      'tag-1': 'succeeded',
      'tag-2': 'succeeded',
      'tag-3': 'succeeded',
      report: 'succeeded',
    });
    expect(run.state).toBe('succeeded');
    const report = reportOf(bench.state, run);
    expect(report.users).toEqual({ evaluated: 40, inserted: 16, updated: 0, unchanged: 24 });
    expect(report.tags[0]).toMatchObject({ tag_id: 1, state: 'succeeded', matched: 16, unknown: 4, entered: 16, exited: 0 });
    expect(report.shards).toEqual({ total: 4, attempts: 9 });
  });

  test('merges nothing before every shard is evaluated', () => {
    const bench = new Bench();
    bench.join('e1', 4);
    const run = bench.run(1, 4);
    bench.plan(run);
    const open = bench.open(run, 'evaluate');
    for (const one of open.slice(0, 3)) bench.finish(one);
    expect(dispatches(bench, 'merge')).toEqual([]);
    bench.finish(open[3]!);
    expect(dispatches(bench, 'merge')).toHaveLength(4);
  });

  test('waits for its turn behind three others', () => {
    const bench = new Bench();
    bench.join('e1', 8);
    const runs = [1, 2, 3, 4, 5].map(() => bench.run(1, 1));
    expect(runs.map((run) => run.state)).toEqual(['running', 'running', 'running', 'queued', 'queued']);
    bench.plan(runs[0]!);
    bench.finishAll(runs[0]!, 'evaluate');
    bench.finishAll(runs[0]!, 'merge');
    expect(runs.map((run) => run.state)).toEqual(['succeeded', 'running', 'running', 'running', 'queued']);
  });

  test('one pass merges at a time, the other waits', () => {
    const bench = new Bench();
    bench.join('e1', 8);
    const [a, b] = [bench.run(1, 2), bench.run(1, 2)];
    for (const run of [a, b]) bench.plan(run);
    for (const run of [a, b]) bench.finishAll(run, 'evaluate');
    expect(bench.open(a, 'merge')).toHaveLength(2);
    expect(bench.open(b, 'merge')).toHaveLength(0);
    bench.finishAll(a, 'merge');
    expect(bench.open(b, 'merge')).toHaveLength(2);
  });

  test('a broken rule fails alone', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(3, 1);
    bench.plan(run, [2]);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'succeeded', 'tag-2': 'failed', 'tag-3': 'succeeded', report: 'succeeded' });
    expect(run.state).toBe('partial');
    expect(reportOf(bench.state, run).tags[1]?.error?.code).toBe('OPERATOR_UNKNOWN');
  });

  test('a table that cannot be read fails the tags that read it; the others are evaluated again and go on', () => {
    const bench = new Bench();
    bench.join('e1', 4);
    const run = bench.run(3, 2);
    bench.plan(run);
    const [first, second] = bench.open(run, 'evaluate');
    bench.finish(first!, 1, { code: 'TABLE_DUPLICATE_KEY', message: 'twice', table: 't3' });
    expect(bench.states(run)).toMatchObject({ 'tag-3': 'failed' });
    expect(bench.sent.filter((effect) => effect.type === 'cancel')).toHaveLength(1);
    bench.finish(second!, 2);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'succeeded', 'tag-2': 'succeeded', 'tag-3': 'failed' });
    expect(
      bench.sent
        .filter((effect) => effect.type === 'dispatch' && effect.step === 'merge')
        .every((effect) => effect.type === 'dispatch' && !effect.scope?.includes(3)),
    ).toBe(true);
  });

  test('an object that changed fails the whole run, before a row is written', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(2, 1);
    bench.plan(run);
    bench.finish(bench.open(run, 'evaluate')[0]!, 1, { code: 'INPUT_CHANGED', message: 'changed' });
    expect(run.state).toBe('failed');
    expect(dispatches(bench, 'merge')).toEqual([]);
    expect(run.error?.code).toBe('INPUT_CHANGED');
  });

  test('a plan that fails fails its tags with the cause, and a retry of the plan runs them all', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(2, 1);
    bench.finish(bench.open(run, 'plan')[0]!, 1, { code: 'TABLES_NOT_FOUND', message: 'no such folder' });
    expect(bench.states(run)).toEqual({ plan: 'failed', 'tag-1': 'failed', 'tag-2': 'failed', report: 'succeeded' });
    expect(run.state).toBe('failed');
    bench.act(run, 'retry', ['plan']);
    bench.plan(run);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('succeeded');
    expect(run.error).toBeNull();
  });
});

describe('attempts', () => {
  test('what can be tried again is, later and later, then fails', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(1, 1);
    bench.plan(run);
    for (let attempt = 1; attempt <= 3; attempt++) {
      bench.finish(bench.open(run, 'evaluate')[0]!, 1, { code: 'S3_UNAVAILABLE', message: '503' });
      expect(bench.open(run, 'evaluate')).toHaveLength(0);
      bench.hear('e1');
      bench.wait(8_000);
      bench.hear('e1');
      expect(bench.open(run, 'evaluate'), `attempt ${attempt + 1}`).toHaveLength(1);
    }
    bench.finish(bench.open(run, 'evaluate')[0]!, 1, { code: 'S3_UNAVAILABLE', message: '503' });
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'failed' });
  });

  test('a shard of a dead executor is leased again under a higher token, and the late result changes nothing', () => {
    const bench = new Bench();
    bench.join('e1', 1);
    const run = bench.run(1, 1);
    bench.plan(run);
    const [old] = bench.open(run, 'evaluate');
    bench.join('e2', 1);
    bench.state.executors.get('e1')!.disconnectedMs = bench.nowMs;
    bench.wait(1_000);
    const [again] = bench.open(run, 'evaluate');
    expect(again!.dispatch.executor).toBe('e2');
    expect(again!.token).toBeGreaterThan(old!.token);
    const ignored = bench.state.ignoredResults;
    bench.finish(old!);
    expect(bench.state.ignoredResults).toBe(ignored + 1);
    expect(bench.open(run, 'evaluate')).toHaveLength(1);
    bench.finish(again!);
    expect(bench.open(run, 'merge')).toHaveLength(1);
  });

  test('silence ends a lease at its deadline, not before', () => {
    const bench = new Bench();
    bench.join('e1', 1);
    const run = bench.run(1, 1);
    bench.plan(run);
    bench.join('e2', 1);
    bench.wait(8_999);
    expect(bench.open(run, 'evaluate')[0]!.dispatch.executor).toBe('e1');
    bench.hear('e2');
    bench.wait(1);
    expect(bench.open(run, 'evaluate')[0]!.dispatch.executor).toBe('e2');
  });

  test('a shard that loses three executors is put aside', () => {
    const bench = new Bench();
    const run = bench.run(1, 1);
    bench.join('e0');
    bench.plan(run);
    for (let i = 1; i <= 3; i++) {
      const holder = bench.open(run, 'evaluate')[0]!.dispatch.executor;
      bench.join(`e${i}`, 4);
      bench.state.executors.get(holder)!.disconnectedMs = bench.nowMs;
      bench.wait(1_000);
    }
    expect(run.errors.get(1)?.code).toBe('EXECUTOR_LOST');
  });

  test('when most executors are lost at once the manager takes itself for the one cut off', () => {
    const bench = new Bench();
    for (const id of ['e1', 'e2', 'e3']) bench.join(id, 1);
    const run = bench.run(1, 3);
    bench.plan(run);
    const before = bench.open(run, 'evaluate').map((one) => one.token);
    for (const executor of bench.state.executors.values()) executor.disconnectedMs = bench.nowMs;
    bench.wait(10_000);
    expect(bench.open(run, 'evaluate').map((one) => one.token)).toEqual(before);
    bench.wait(20_000);
    expect(bench.open(run, 'evaluate')).toHaveLength(0);
  });

  test('an executor that comes back keeps what it holds and gives back what it does not know', () => {
    const bench = new Bench();
    bench.join('e1', 2);
    const run = bench.run(1, 2);
    bench.plan(run);
    const [kept, unknown] = bench.open(run, 'evaluate');
    bench.input({
      type: 'executor-joined',
      id: 'e1',
      name: 'e1',
      instance: 'e1-1',
      slots: 2,
      version: 'test',
      labels: {},
      held: [{ fanOut: kept!.dispatch.fanOut, shards: [kept!.shard], tokens: [kept!.token] }],
    });
    const open = bench.open(run, 'evaluate');
    expect(open.find((one) => one.shard === kept!.shard)?.token).toBe(kept!.token);
    expect(open.find((one) => one.shard === unknown!.shard)?.token).toBeGreaterThan(unknown!.token);
  });
});

describe('a fault without a name', () => {
  test('is tried again, since it may have been the moment’s, and fails in the end', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(1, 1);
    bench.plan(run);
    bench.finish(bench.open(run, 'evaluate')[0]!, 1, { code: 'INTERNAL', message: 'something unexpected' });
    expect(bench.states(run)).toMatchObject({ 'tag-1': 'running' });
    bench.hear('e1');
    bench.wait(8_000);
    bench.hear('e1');
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('succeeded');
  });
});
