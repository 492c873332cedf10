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
