import { describe, expect, test } from 'vitest';
import { apply } from '../../src/core/apply.ts';
import type { Input } from '../../src/core/events.ts';
import { emptyState, type ManagerState } from '../../src/core/state.ts';
import { Bench } from './bench-of.ts';

function stateAfter(...events: readonly Input[]): ManagerState {
  const state = emptyState();
  for (const event of events) apply(state, { atMs: 1, event });
  return state;
}

test('no term gives a token or a fan-out that another term of the same history may have given, known or lost with a disk', () => {
  const first: Input[] = [
    { type: 'term-taken', term: 1 },
    { type: 'tokens-reserved', upTo: 2 ** 36 + 1_000_000 },
  ];
  const second = stateAfter(...first, { type: 'term-taken', term: 2 }, { type: 'tokens-reserved', upTo: 2 ** 37 + 1_000_000 });
  // A disk was lost, and with it that there was a term 2.
  const third = stateAfter(...first, { type: 'term-taken', term: 3 });
  expect(third.tokenNext).toBeGreaterThanOrEqual(second.tokensReserved);
  expect(third.nextFanOut).toBeGreaterThan(second.nextFanOut + 60_000);
  expect(second.tokenNext).toBeGreaterThanOrEqual(2 ** 36 + 1_000_000);
});

test('fan-outs stay numbers that the wire can carry', () => {
  const state = stateAfter({ type: 'term-taken', term: 1_000_000 });
  expect(state.nextFanOut).toBeLessThan(2 ** 32);
});

describe('a pass', () => {
  const formedIn = (term: number) => {
    const bench = new Bench();
    bench.join('e1', 2);
    const run = bench.run(2, 2);
    bench.input({ type: 'term-taken', term });
    bench.input({ type: 'tokens-reserved', upTo: 2 ** 41 });
    bench.plan(run);
    return { bench, run, pass: run.pass(1)! };
  };

  test('that takes the number of one that was lost with a disk is another one to executors and the target', () => {
    const [lost, again] = [formedIn(2), formedIn(3)];
    expect([lost.pass.number, again.pass.number]).toEqual([2, 2]);
    expect(again.pass.outerNumber).not.toBe(lost.pass.outerNumber);
    const { bench, run, pass } = again;
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    bench.act(run, 'rollback', ['tag-1']);
    const undoing = run.passes.at(-1)!;
    expect(undoing.outerNumber).toBeGreaterThan(2 ** 16);
    bench.join('e1', 2, 'e1-again');
    const of = (type: string) => bench.sent.flatMap((effect) => (effect.type === type && 'pass' in effect ? [effect.pass] : []));
    expect(of('dispatch').slice(1)).toEqual([...Array(4).fill(pass.outerNumber), ...Array(2).fill(undoing.outerNumber)]);
    expect(of('settle')).toEqual([undoing.outerNumber]);
    expect(of('pass-over')).toEqual([run.passes[0]!.outerNumber, pass.outerNumber]);
    expect(run.passOutside(pass.outerNumber)).toBe(pass);
    expect(run.passOutside(pass.number)).toBeUndefined();
  });

  test('of a journal that gives it no other goes by its number, and so does what undoes it', () => {
    const { bench, run } = formedIn(2);
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    apply(bench.state, { atMs: 1, event: { type: 'pass-formed', runId: run.id, rows: [1] } });
    expect(run.passes.at(-1)!.outerNumber).toBe(3);
    const { nextFanOut } = bench.state;
    apply(bench.state, { atMs: 1, event: { type: 'rollback-formed', runId: run.id, row: 2, undoes: 2 } });
    expect(run.passes.at(-1)!.outerNumber).toBe(4);
    expect(bench.state.nextFanOut).toBe(nextFanOut);
  });
});
