import { LIMITS } from '@tagmill/shared/limits';
import { describe, expect, test } from 'vitest';
import { Bench } from './bench-of.ts';

describe('draining', () => {
  test('that was asked for while the stream was away is asked again, and nothing is leased meanwhile', () => {
    const bench = new Bench();
    bench.join('e1');
    bench.input({ type: 'executor-draining', id: 'e1' });
    bench.state.executors.get('e1')!.disconnectedMs = bench.nowMs;
    bench.wait(1_000);
    expect(bench.state.executors.get('e1')?.state).toBe('gone');
    const run = bench.run(1, 1);
    expect(bench.join('e1')).toContainEqual({ type: 'drain', executor: 'e1' });
    expect(bench.open(run, 'plan')).toEqual([]);
    bench.join('e1', 2, 'e1-2');
    expect(bench.open(run, 'plan')).toHaveLength(1);
  });
});

describe('a fleet under ever new names', () => {
  test('is not kept for ever, and leases name the right one beyond 65,535 executors', () => {
    const bench = new Bench();
    for (let i = 0; i < 70_000; i++) bench.state.executorAt.push(undefined);
    for (let i = 0; i < LIMITS.goneExecutors + 10; i++) {
      bench.join(`old-${i}`);
      bench.state.executors.get(`old-${i}`)!.disconnectedMs = bench.nowMs - 1_000;
      bench.decide();
    }
    bench.join('e1');
    expect(bench.state.executors.size).toBe(LIMITS.goneExecutors + 1);
    expect(bench.state.executors.has('old-0')).toBe(false);
    const run = bench.run(1, 2);
    bench.plan(run);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    expect(run.state).toBe('succeeded');
    expect(bench.state.executors.get('e1')?.shardsDone).toBe(5);
  });
});

test('most executors gone at once: nothing is given to others, it is said, and after three leases it goes on', () => {
  const bench = new Bench();
  for (const id of ['e1', 'e2', 'e3', 'e4']) bench.join(id, 1);
  const run = bench.run(1, 4);
  bench.plan(run);
  const open = bench.open(run, 'evaluate');
  expect(open).toHaveLength(4);
  const { leaseMs } = bench.state.settings;
  bench.wait(1_000);
  bench.hear('e1');
  bench.wait(leaseMs - 1_000);
  expect(bench.state.massLoss).toMatchObject({ lost: 3, of: 4 });
  bench.finish(open.find((one) => one.dispatch.executor === 'e1')!);
  expect(bench.open(run, 'evaluate')).toHaveLength(3);
  bench.hear('e1', 'e2', 'e3', 'e4');
  bench.decide();
  expect(bench.state.massLoss).toBeNull();
  bench.wait(1_000);
  for (let waited = 0; waited < 3 * leaseMs; waited += leaseMs / 3) {
    bench.hear('e1');
    bench.wait(leaseMs / 3);
  }
  expect(bench.state.massLoss).toBeNull();
  expect(['e2', 'e3', 'e4'].map((id) => bench.state.executors.get(id)?.state)).toEqual(['silent', 'silent', 'silent']);
});
