/** Between Hello, the journal and the first lease: nothing is leased over a stream that is not the executor's. */
import { describe, expect, test } from 'vitest';
import { Bench } from './bench-of.ts';

const hello = (link: number, instance = 'e1-1') =>
  ({ type: 'executor-joined', id: 'e1', name: 'e1', instance, link, slots: 2, version: 'test', labels: {}, held: [] }) as const;

function listening(): Bench {
  const bench = new Bench();
  bench.state.links = new Map();
  return bench;
}

const dispatches = (bench: Bench): number => bench.sent.filter((effect) => effect.type === 'dispatch').length;

describe('a Hello on its way through the journal', () => {
  test('whose stream broke meanwhile gives no lease, and the executor is lost when it stays away', () => {
    const bench = listening();
    bench.run(1, 2);
    bench.state.links?.set('e1', 1);
    bench.state.links?.delete('e1');
    bench.input(hello(1));
    expect(dispatches(bench)).toBe(0);
    bench.wait(1_000);
    expect(bench.state.executors.get('e1')?.state).toBe('gone');
  });

  test('with another behind it gives no lease: that one does not know of it', () => {
    const bench = listening();
    bench.run(1, 2);
    bench.state.links?.set('e1', 2);
    bench.input(hello(1));
    expect(dispatches(bench)).toBe(0);
    bench.input(hello(2));
    expect(dispatches(bench)).toBe(1);
  });
});

describe('clocks', () => {
  test('a wall clock that is set an hour back or forth ends no lease and starts none anew', () => {
    const bench = new Bench();
    bench.join('e1');
    const run = bench.run(1, 2);
    bench.plan(run);
    for (const jumpMs of [3_600_000, -7_200_000]) {
      bench.wallMs += jumpMs;
      bench.input({ type: 'tokens-reserved', upTo: 2 ** 40 });
      expect(bench.state.executors.get('e1')?.state).toBe('connected');
    }
    bench.wait(9_000);
    expect(bench.state.executors.get('e1')?.state).toBe('silent');
  });
});
