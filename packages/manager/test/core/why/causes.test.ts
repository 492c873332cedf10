/** Each cause for which a task waits, provoked, and told by its word. */
import { WAIT_CODES, type WaitCode } from '@tagmill/shared/wait-causes';
import type { Action } from '@tagmill/shared/words';
import { expect, test } from 'vitest';
import { apply } from '../../../src/core/apply.ts';
import type { Run } from '../../../src/core/run.ts';
import { waitHistory } from '../../../src/core/why/history.ts';
import { whyTree } from '../../../src/core/why/tree.ts';
import { Bench } from '../bench-of.ts';
import { evaluated as policed, joined, spec } from '../policed-runs.ts';

const seen = new Set<WaitCode>();

function why(bench: Bench, run: Run, name: string) {
  const found = whyTree(bench.state, run, run.index.find(name));
  for (const { code } of found.causes) seen.add(code);
  return found;
}

const codes = (bench: Bench, run: Run, name: string): WaitCode[] => why(bench, run, name).causes.map(({ code }) => code);

/** Executors, and a run whose plan is done. */
function planned(tags: number, shards: number, ...slots: number[]): { readonly bench: Bench; readonly run: Run } {
  const bench = new Bench();
  for (const [i, count] of slots.entries()) bench.join(`e${i + 1}`, count);
  const run = bench.run(tags, shards);
  bench.plan(run);
  return { bench, run };
}

/** Its stream is away for so long that its leases end. */
function lose(bench: Bench, id: string, ...there: string[]): void {
  bench.state.executors.get(id)!.disconnectedMs = bench.nowMs;
  bench.hear(...there);
  bench.wait(1_000);
}

test('nobody there, nobody who takes work, nobody heard of', () => {
  const bench = new Bench();
  const run = bench.run(1, 1);
  expect(why(bench, run, 'plan')).toMatchObject({ state: 'pending', causes: [{ code: 'no-executor', untilMs: null }] });
  bench.join('e1');
  bench.input({ type: 'executor-draining', id: 'e1' });
  const other = bench.run(1, 1);
  expect(codes(bench, other, 'plan')).toEqual(['executors-draining']);
  bench.join('e2');
  bench.state.executors.get('e2')!.disconnectedMs = bench.nowMs;
  expect(codes(bench, other, 'tag-1')).toEqual(['upstream']);
  bench.state.executors.get('e1')!.disconnectedMs = bench.nowMs;
  const third = bench.run(1, 1);
  expect(codes(bench, third, 'plan')).toEqual(['executors-away']);
});

test('a task waits for those before it, with why they have not ended', () => {
  const { bench, run } = planned(2, 4, 1);
  expect(why(bench, run, 'report')).toMatchObject({
    sentence: 'waits for tag 1, tag 2',
    causes: [
      {
        code: 'upstream',
        more: 0,
        waitsFor: [
          { id: `${run.id}/tag-1`, state: 'running', sentence: 'evaluate: 0 of 4 shards are done, 1 are under way', causes: [] },
          {},
        ],
      },
    ],
  });
});

test('many tasks before it: some are told of, the rest is counted', () => {
  const { bench, run } = planned(15, 1, 1);
  const [cause] = why(bench, run, 'report').causes;
  expect([cause?.waitsFor.length, cause?.more]).toEqual([10, 5]);
});

test('the queue of runs', () => {
  const bench = new Bench();
  const runs = Array.from({ length: bench.state.settings.triggeredRuns + 1 }, () => bench.run(1, 1));
  expect(codes(bench, runs.at(-1)!, 'tag-1')).toEqual(['queue']);
  expect(why(bench, runs.at(-1)!, 'tag-1').sentence).toContain('number 1 in the queue');
});

test('a gate and a hold: both are told, the hold first, and the slot behind them', () => {
  const bench = new Bench();
  bench.join('e1', 1);
  const run = bench.run(2, 2, { 1: 'manual' });
  bench.plan(run);
  bench.act(run, 'hold', ['tag-1']);
  expect(codes(bench, run, 'tag-1')).toEqual(['hold', 'gate', 'slots-full']);
  bench.act(run, 'release', ['tag-1']);
  expect(codes(bench, run, 'tag-1')).toEqual(['gate', 'slots-full']);
});

test('all slots are busy, and then one is free', () => {
  const { bench, run } = planned(1, 4, 1);
  const second = bench.run(1, 1);
  expect(codes(bench, second, 'plan')).toEqual(['slots-full']);
  bench.join('e2', 8);
  expect(codes(bench, second, 'plan')).toEqual([]);
  expect(codes(bench, run, 'tag-1')).toEqual([]);
});

test('its check holds it', () => {
  const bench = joined();
  bench.finishAll(policed(bench, spec('run-a', { unknown: 'keep', maxMove: 0.5 }), { matched: 100 }), 'merge');
  const run = policed(bench, spec('run-b', { unknown: 'keep', maxMove: 0.5 }), { matched: 10 });
  expect(codes(bench, run, 'tag-1')[0]).toBe('breaker');
});

test('another pass merges; its own merge is next', () => {
  const { bench, run } = planned(1, 2, 4);
  bench.finishAll(run, 'evaluate');
  const second = bench.run(1, 2);
  bench.plan(second);
  bench.finishAll(second, 'evaluate');
  const [cause] = why(bench, second, 'tag-1').causes;
  expect(cause).toMatchObject({ code: 'target-busy', sinceMs: bench.nowMs });
  expect(cause?.sentence).toContain(`run ${run.id} pass 2`);
  Object.assign(bench.state, { merging: null });
  expect(codes(bench, second, 'tag-1')).toEqual(['target-next']);
});

test('failed shards are tried again at a time that is told', () => {
  const { bench, run } = planned(1, 1, 1);
  bench.finish(bench.open(run, 'evaluate')[0]!, 1, { code: 'INTERNAL', message: 'S3 is away' });
  const [cause] = why(bench, run, 'tag-1').causes;
  expect(cause).toMatchObject({ code: 'back-off' });
  expect(cause?.untilMs).toBeGreaterThan(bench.nowMs);
});

test('an executor is gone in its merge: the target is asked, also before a stop', () => {
  const { bench, run } = planned(1, 1, 1, 1);
  bench.finishAll(run, 'evaluate');
  const [merge] = bench.open(run, 'merge');
  const other = merge!.dispatch.executor === 'e1' ? 'e2' : 'e1';
  lose(bench, merge!.dispatch.executor, other);
  expect(codes(bench, run, 'tag-1')).toEqual(['target-asked']);
  bench.act(run, 'stop', ['tag-1']);
  expect(codes(bench, run, 'tag-1')).toEqual(['stopping-target']);
});

test('a stop waits for attempts', () => {
  const { bench, run } = planned(1, 1, 1);
  bench.act(run, 'stop', ['tag-1']);
  expect(codes(bench, run, 'tag-1')).toEqual(['stopping-attempts']);
});

test('most executors gone at once', () => {
  const { bench } = planned(1, 4, 1, 1, 1, 1);
  bench.wait(1_000);
  bench.hear('e1');
  bench.wait(bench.state.settings.leaseMs - 1_000);
  const later = bench.run(1, 1);
  expect(why(bench, later, 'plan').causes).toMatchObject([{ code: 'mass-loss', sinceMs: bench.nowMs }]);
});

test('what is to be merged lies on an executor that is busy, though another has a free slot', () => {
  const { bench, run: first } = planned(1, 2, 1, 1);
  bench.finishAll(first, 'evaluate');
  const [there, away] = ['e1', 'e2'].map((id) => bench.open(first, 'merge').find((one) => one.dispatch.executor === id)!);
  bench.finish(there!);
  const second = bench.run(1, 1);
  bench.plan(second);
  bench.finishAll(second, 'evaluate');
  const third = bench.run(1, 1);
  bench.plan(third);
  expect(bench.open(third, 'evaluate').map((one) => one.dispatch.executor)).toEqual(['e1']);
  bench.finish(away!);
  expect(first.state).toBe('succeeded');
  expect(why(bench, second, 'tag-1').causes).toMatchObject([
    { code: 'piece-holder', sentence: 'what shard 0 evaluated lies on the executor e1, whose 1 slots are busy' },
  ]);
});

test('numbers for attempts come from the journal', () => {
  const bench = new Bench();
  bench.join('e1', 4);
  const run = bench.run(1, 2);
  Object.assign(bench.state, { tokensReserved: bench.state.tokenNext });
  bench.plan(run);
  expect(codes(bench, run, 'tag-1')).toEqual(['tokens']);
});

/** A click that is applied, before the next decision. */
function clicked(bench: Bench, run: Run, action: Action, name: string): void {
  const event = { type: 'command', runId: run.id, action, names: [name], downstream: 'as-success', reason: null, who: 'ann' } as const;
  apply(bench.state, { atMs: bench.nowMs, event });
}

test('between two decisions: it is next', () => {
  const bench = new Bench();
  bench.join('e1', 4);
  const run = bench.run(1, 1);
  bench.act(run, 'hold', ['tag-1']);
  bench.plan(run);
  clicked(bench, run, 'release', 'tag-1');
  expect(codes(bench, run, 'tag-1')).toEqual(['turn']);
  bench.decide();
  bench.finishAll(run, 'evaluate');
  bench.finishAll(run, 'merge');
  clicked(bench, run, 'rollback', 'tag-1');
  expect(codes(bench, run, 'tag-1')).toEqual(['undo-next']);
});

test('what it waited for so far: those before it, a click, a hold', () => {
  const bench = new Bench();
  bench.join('e1', 1);
  const run = bench.run(1, 1, { 1: 'manual' });
  bench.nowMs += 5_000;
  bench.hear('e1');
  bench.plan(run);
  bench.nowMs += 2_000;
  bench.act(run, 'hold', ['tag-1']);
  bench.nowMs += 3_000;
  bench.act(run, 'release', ['tag-1']);
  bench.nowMs += 1_000;
  bench.act(run, 'run', ['tag-1']);
  const past = waitHistory(run, run.index.find('tag-1'));
  expect(past.map(({ sentence, fromMs, toMs }) => [sentence, (toMs ?? 0) - fromMs])).toEqual([
    ['waited for plan, which ended last', 5_000],
    ['waited for its turn', 2_000],
    ['held, until ann released it', 3_000],
    ['waited for a click on run, which came from ann', 1_000],
  ]);
});

test('every cause of the core was provoked above', () => {
  const ofTheShell: readonly WaitCode[] = ['journal', 'copy'];
  expect(WAIT_CODES.filter((code) => !seen.has(code))).toEqual(ofTheShell);
});
