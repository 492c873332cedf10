import type { PassJob } from '@tagmill/shared/job';
import { expect, test } from 'vitest';
import { templateBytes } from '../../src/shell/templates.ts';
import { Bench } from '../core/bench-of.ts';

test('a pass is named by what executors and the target know it by; a rollback carries the pass that it undoes', () => {
  const bench = new Bench();
  bench.join('e1', 2);
  const run = bench.run(1, 2);
  bench.plan(run);
  bench.finishAll(run, 'evaluate');
  bench.finishAll(run, 'merge');
  bench.act(run, 'rollback', ['tag-1']);
  const [, pass, undoing] = run.passes;
  const named = (number: number): PassJob | undefined => {
    const bytes = templateBytes(bench.state, `${run.id}/${number}`);
    return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString('utf8')) as PassJob);
  };
  expect(named(pass!.outerNumber)?.pass).toBe(pass!.outerNumber);
  expect(named(undoing!.outerNumber)?.pass).toBe(pass!.outerNumber);
  expect([named(pass!.number), named(undoing!.number)]).toEqual([undefined, undefined]);
});
