import { whyAnswer } from '@tagmill/shared/api/why';
import { expect, test } from 'vitest';
import { whyAnswer as answerFor } from '../../src/shell/why-desk.ts';
import { Bench } from '../core/bench-of.ts';

test('what keeps the whole manager back comes first, and the answer fits its description', () => {
  const bench = new Bench();
  const run = bench.run(1, 1);
  const row = run.index.find('tag-1');
  const kept = { journal: { sentence: 'the disk is full', sinceMs: 5_000 }, copy: 'no executor holds a copy' };
  const answer = answerFor(bench.state, run, row, kept, bench.nowMs + 4_000);
  expect(whyAnswer.parse(answer)).toEqual(answer);
  expect(answer.now.sentence).toBe('the disk is full');
  expect(answer.now.causes.map(({ code, since }) => [code, since])).toEqual([
    ['journal', '1970-01-01T00:00:05.000Z'],
    ['copy', null],
    ['upstream', '1970-01-01T00:00:01.000Z'],
  ]);
  expect(answer.now.causes[2]?.waits_for).toMatchObject([
    { instance_id: 'run-1/plan', causes: [{ code: 'no-executor', since: '1970-01-01T00:00:01.000Z', until: null }] },
  ]);
  expect(answer.history).toMatchObject([{ state: 'registered', to: null, seconds: 4 }]);
});

test('of a task that has ended nothing keeps it back', () => {
  const bench = new Bench();
  const run = bench.run(1, 1);
  bench.act(run, 'skip', ['tag-1']);
  const answer = answerFor(bench.state, run, run.index.find('tag-1'), { copy: 'no executor holds a copy' }, bench.nowMs);
  expect(answer.now.causes).toEqual([]);
});
