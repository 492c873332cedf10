import { expect, test } from 'vitest';
import { Bench } from './bench-of.ts';

test('an executor that joined and was never heard is lost when its lease has run out, and its shards go elsewhere', () => {
  const bench = new Bench();
  bench.join('e1', 1);
  const run = bench.run(1, 2);
  bench.plan(run);
  expect(bench.open(run, 'evaluate').map((one) => one.dispatch.executor)).toEqual(['e1']);
  bench.wait(5_000);
  bench.join('e2', 2);
  bench.hear('e2');
  bench.wait(bench.state.settings.leaseMs - 5_000);
  expect(bench.state.executors.get('e1')?.state).toBe('silent');
  expect(new Set(bench.open(run, 'evaluate').map((one) => one.dispatch.executor))).toEqual(new Set(['e2']));
});
