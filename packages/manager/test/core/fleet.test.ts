import { LIMITS } from '@tagmill/shared/limits';
import { describe, expect, test } from 'vitest';
import { Bench } from './bench-of.ts';

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
