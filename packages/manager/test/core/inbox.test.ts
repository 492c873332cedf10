import { expect, test } from 'vitest';
import { runItems } from '../../src/core/inbox.ts';
import { tagRuns } from '../../src/core/tag-runs.ts';
import { Bench } from './bench-of.ts';
import { evaluateAgain, evaluated, joined, spec } from './policed-runs.ts';

const LIMITS = { unknown: 'keep', maxMove: 0.5 } as const;
const kinds = (bench: Bench): unknown[] => runItems(bench.state).map(({ kind, name, run_id }) => [kind, name, run_id]);

test('a held tag waits for a person until it is let go, and its sizes are those that were merged', () => {
  const bench = joined();
  bench.finishAll(evaluated(bench, spec('run-a', LIMITS), { matched: 100 }), 'merge');
  expect(runItems(bench.state)).toEqual([]);
  const run = evaluated(bench, spec('run-b', LIMITS), { matched: 900 });
  bench.finishAll(run, 'merge');
  expect(runItems(bench.state)).toEqual([
    expect.objectContaining({
      ...{ kind: 'held', tag_id: 1, run_id: 'run-b', instance_id: expect.stringContaining('tag-1'), business_date: '2026-11-22' },
      sentence: expect.stringContaining('it matches 900 users where the last run with this rule matched 100'),
      since: new Date(bench.nowMs).toISOString(),
    }),
  ]);
  const held = tagRuns(bench.state).get(1)!;
  expect(held.last).toMatchObject({ run_id: 'run-b', state: 'pending', held: true, matched: 900, entered: null });
  expect(held.last.held_by_check).toContain('it matches 900 users');
  expect(held.sizes).toEqual([{ run_id: 'run-a', business_date: '2026-11-22', matched: 100 }]);

  bench.act(run, 'release', ['tag-1']);
  evaluateAgain(bench, run, { matched: 900 });
  bench.finishAll(run, 'merge');
  expect(runItems(bench.state)).toEqual([]);
  const gone = tagRuns(bench.state).get(1)!;
  expect(gone.last).toMatchObject({ state: 'succeeded', held: false, held_by_check: null });
  expect(gone.sizes.map((one) => one.matched)).toEqual([100, 900]);

  // A run for some users says nothing of the tag's size.
  bench.finishAll(evaluated(bench, spec('run-c', LIMITS, { users: ['u'] }), { matched: 5 }), 'merge');
  const after = tagRuns(bench.state).get(1)!;
  expect([after.last.run_id, after.sizes.map((one) => one.matched)]).toEqual(['run-c', [100, 900]]);
});

test('a failure is the matter of the newest run that has the task; runs for some users are told apart', () => {
  const bench = joined();
  const fail = (over: object, id: string): void => {
    bench.input({ type: 'run-created', spec: spec(id, { unknown: 'keep' }, over) });
    bench.plan(bench.state.runs.get(id)!, [2]);
    for (const one of bench.open(bench.state.runs.get(id)!, 'evaluate'))
      bench.finish(one, 0, { pieceHash: 'h', users: 1, tags: [], bytesRead: 5, castErrors: 0, durationMs: 1 });
    bench.finishAll(bench.state.runs.get(id)!, 'merge');
  };
  fail({}, 'run-a');
  fail({ users: ['u'] }, 'run-b');
  expect(kinds(bench)).toEqual([
    ['failed', 'tag 2', 'run-b'],
    ['failed', 'tag 2', 'run-a'],
  ]);
  bench.finishAll(evaluated(bench, spec('run-c', { unknown: 'keep' }), { matched: 1 }), 'merge');
  expect(kinds(bench)).toEqual([['failed', 'tag 2', 'run-b']]);
  expect(tagRuns(bench.state).get(2)).toMatchObject({ last: { run_id: 'run-c' }, sizes: [{ run_id: 'run-c' }] });
});

test('a gate that waits for a click is there until somebody clicks', () => {
  const bench = new Bench();
  bench.join('e1', 4);
  const run = bench.run(2, 1, { 1: 'manual' });
  bench.plan(run);
  expect(runItems(bench.state)).toMatchObject([{ kind: 'gate', sentence: 'waits for a click on run' }]);
  bench.act(run, 'run', [run.task(run.index.find('tag-1')).name]);
  expect(runItems(bench.state)).toEqual([]);
});
