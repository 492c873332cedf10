import type { TagPolicy } from '@tagmill/shared/tag-policy';
import { expect, test } from 'vitest';
import { reasonOf } from '../../src/core/why/reason.ts';
import { reportOf } from '../../src/core/report.ts';
import type { Run } from '../../src/core/run.ts';
import { decodeState } from '../../src/core/snapshot/decode.ts';
import { encodeState } from '../../src/core/snapshot/encode.ts';
import { digest } from '../../src/core/digest.ts';
import { DEFAULT_SETTINGS } from '../../src/core/state.ts';
import { instanceView } from '../../src/core/views.ts';
import type { Bench } from './bench-of.ts';
import { evaluateAgain, evaluated, joined, spec } from './policed-runs.ts';

const row = (run: Run): number => run.index.find('tag-1');
const scopes = (bench: Bench, run: Run): unknown => bench.open(run, 'merge').map((one) => one.dispatch.scope);
const LIMITS: TagPolicy = { unknown: 'keep', maxMove: 0.5 };

test('a tag whose size moves beyond its limit is held, the others are merged, and it is merged once it is released', () => {
  const bench = joined();
  const first = evaluated(bench, spec('run-a', LIMITS), { matched: 100 });
  expect(scopes(bench, first)).toEqual([[1, 2]]);
  bench.finishAll(first, 'merge');

  const run = evaluated(bench, spec('run-b', LIMITS), { matched: 151 });
  expect(scopes(bench, run)).toEqual([[2]]);
  bench.finishAll(run, 'merge');
  expect(bench.states(run)).toMatchObject({ 'tag-1': 'pending', 'tag-2': 'succeeded', report: 'succeeded' });
  expect(run.state).toBe('partial');
  expect(reasonOf(bench.state, run, row(run))).toContain('it matches 151 users where the last run with this rule matched 100');
  expect(reportOf(bench.state, run).tags[0]).toMatchObject({
    state: 'held',
    matched: 151,
    entered: 0,
    breach: { before: 100, before_run: 'run-a', exceeded: [{ limit: 'max_move', allowed: 0.5, actual: 0.51 }], released_by: null },
  });
  expect(instanceView(bench.state, run, row(run))).toMatchObject({ held: true, matched: 151, breach: { before: 100 } });

  bench.act(run, 'release', ['tag-1']);
  expect(run.state).toBe('running');
  evaluateAgain(bench, run, { matched: 151 });
  expect(scopes(bench, run)).toEqual([[1]]);
  bench.finishAll(run, 'merge');
  expect(run.state).toBe('succeeded');
  expect(reportOf(bench.state, run).tags[0]).toMatchObject({ state: 'succeeded', breach: { released_by: 'ann' } });
});

test('a held tag that is stopped is discarded: nothing of it is merged, its story says who and why', () => {
  const bench = joined();
  bench.finishAll(evaluated(bench, spec('run-a', LIMITS), { matched: 100 }), 'merge');
  const run = evaluated(bench, spec('run-b', LIMITS), { matched: 10 });
  bench.finishAll(run, 'merge');
  bench.input({
    type: 'command',
    runId: run.id,
    action: 'stop',
    names: ['tag-1'],
    downstream: 'as-success',
    reason: 'bad data',
    who: 'bo',
  });
  expect(bench.states(run)['tag-1']).toBe('stopped');
  expect(run.held).toBe(0);
  expect(reasonOf(bench.state, run, row(run))).toMatch(/^discarded by bo, nothing of it was written: it matches 10 users/);
  const story = run.stories.linesOf(row(run)).map((line) => line.text);
  expect(story.some((text) => text.includes('stop by bo (bad data)'))).toBe(true);
  expect(bench.open(run, 'merge')).toEqual([]);
  // Asked for again it is checked again.
  bench.act(run, 'rerun', ['tag-1']);
  evaluateAgain(bench, run, { matched: 10 });
  expect(bench.states(run)['tag-1']).toBe('pending');
  expect(run.held).toBe(1);
});

test('too many unknowns hold a tag, in a run for some users too; exactly the limit does not', () => {
  const policy: TagPolicy = { unknown: 'keep', maxUnknownShare: 0.29 };
  const bench = joined();
  const fine = evaluated(bench, spec('run-a', policy), { matched: 1, unknown: 290 });
  expect(scopes(bench, fine)).toEqual([[1, 2]]);
  bench.finishAll(fine, 'merge');
  const run = evaluated(bench, spec('run-b', policy, { users: ['u'] }), { matched: 1, unknown: 291 });
  expect(scopes(bench, run)).toEqual([[2]]);
  expect(reasonOf(bench.state, run, row(run))).toContain('291 of 1000 users are UNKNOWN (29.1 %; 29 % are allowed)');
});

test.each([
  ['the rule is another one', spec('run-b', LIMITS, {}, '{"a":2}')],
  ['the run is for some users', spec('run-b', LIMITS, { users: ['u'] })],
  ['the tag allows any move', spec('run-b', { unknown: 'keep' })],
])('no move holds a tag when %s', (_, made) => {
  const bench = joined();
  bench.finishAll(evaluated(bench, spec('run-a', LIMITS), { matched: 100 }), 'merge');
  expect(scopes(bench, evaluated(bench, made, { matched: 900 }))).toEqual([[1, 2]]);
});

test('what was rolled back or held is no size to compare with', () => {
  const bench = joined();
  bench.finishAll(evaluated(bench, spec('run-a', LIMITS), { matched: 100 }), 'merge');
  bench.finishAll(evaluated(bench, spec('run-b', LIMITS), { matched: 900 }), 'merge');
  expect(scopes(bench, evaluated(bench, spec('run-c', LIMITS), { matched: 120 }))).toEqual([[1, 2]]);
});

test('a tag that was released is held again when it then has another result', () => {
  const bench = joined();
  bench.finishAll(evaluated(bench, spec('run-a', LIMITS), { matched: 100 }), 'merge');
  const run = evaluated(bench, spec('run-b', LIMITS), { matched: 900 });
  bench.finishAll(run, 'merge');
  bench.act(run, 'release', ['tag-1']);
  evaluateAgain(bench, run, { matched: 901 });
  expect(bench.states(run)['tag-1']).toBe('pending');
  expect(reasonOf(bench.state, run, row(run))).toContain('it matches 901 users');
});

test('a snapshot keeps what the check has found', () => {
  const bench = joined();
  bench.finishAll(evaluated(bench, spec('run-a', LIMITS), { matched: 100 }), 'merge');
  const run = evaluated(bench, spec('run-b', LIMITS), { matched: 900 });
  bench.finishAll(run, 'merge');
  const copy = decodeState([...encodeState(bench.state)], DEFAULT_SETTINGS);
  expect(digest(copy, true)).toEqual(digest(bench.state, true));
  expect(copy.runs.get('run-b')!.breaches.get(row(run))).toMatchObject({ before: 100, releasedBy: null });
});
