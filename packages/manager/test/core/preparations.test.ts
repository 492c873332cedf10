/** What attempts do before their own work is shown while it lasts, and stands in nothing that is kept. */
import { expect, test } from 'vitest';
import { digest } from '../../src/core/digest.ts';
import { notePreparation } from '../../src/core/preparations.ts';
import { reasonOf } from '../../src/core/why/reason.ts';
import { joined, spec } from './policed-runs.ts';

const TEXT = 'reads the places of users.score in the population, once for all shards, from 10 rows';

function begun() {
  const bench = joined();
  bench.input({ type: 'run-created', spec: spec('run-a', { unknown: 'keep' }) });
  const run = bench.state.runs.get('run-a')!;
  bench.plan(run);
  const [one] = bench.open(run, 'evaluate');
  const { fanOut } = one!.dispatch;
  return { bench, run, row: run.index.find('tag-1'), fanOut, shard: one!.shard, token: one!.token };
}

test('it is the reason of every tag of the pass until it is over', () => {
  const { bench, run, row, fanOut, shard, token } = begun();
  const before = digest(bench.state);
  expect(notePreparation(bench.state, fanOut, shard, token, TEXT)).toBe(true);
  expect(reasonOf(bench.state, run, row)).toBe(TEXT);
  expect(reasonOf(bench.state, run, run.index.find('tag-2'))).toBe(TEXT);
  expect(bench.state.dirty.instances.get(run.id)?.has(row)).toBe(true);
  expect(digest(bench.state)).toEqual(before);
  expect(notePreparation(bench.state, fanOut, shard, token, '')).toBe(true);
  expect(reasonOf(bench.state, run, row)).not.toBe(TEXT);
});

test('an attempt that is over says nothing, and takes what it has said with it', () => {
  const { bench, run, row, fanOut, shard, token } = begun();
  expect(notePreparation(bench.state, fanOut, shard, token - 1, TEXT)).toBe(false);
  expect(notePreparation(bench.state, fanOut + 100, shard, token, TEXT)).toBe(false);
  expect(reasonOf(bench.state, run, row)).not.toBe(TEXT);
  notePreparation(bench.state, fanOut, shard, token, TEXT);
  bench.finishAll(run, 'evaluate');
  expect(reasonOf(bench.state, run, row)).not.toBe(TEXT);
});
