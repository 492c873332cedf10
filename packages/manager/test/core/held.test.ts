import { expect, test } from 'vitest';
import { Bench } from './bench-of.ts';

test('a tag that is held while it is evaluated is not merged with the others, and is evaluated anew once it is released', () => {
  const bench = new Bench();
  bench.join('e1', 2);
  const run = bench.run(2, 2);
  bench.plan(run);
  bench.act(run, 'hold', ['tag-2']);
  bench.finishAll(run, 'evaluate');
  expect(bench.open(run, 'merge').map((one) => one.dispatch.scope)).toEqual([[1], [1]]);
  bench.finishAll(run, 'merge');
  expect(bench.states(run)).toMatchObject({ 'tag-1': 'succeeded', 'tag-2': 'pending' });
  bench.act(run, 'release', ['tag-2']);
  bench.finishAll(run, 'evaluate');
  expect(bench.open(run, 'merge').map((one) => one.dispatch.scope)).toEqual([[2], [2]]);
});
