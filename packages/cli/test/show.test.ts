import { describe, expect, test } from 'vitest';
import type { RunReport } from '@tagmill/shared/api/report';
import { exitOf } from '../src/run-verb.ts';
import { progressLines, progressOf, type StepProgress } from '../src/show/progress.ts';
import { failureLines, resultText } from '../src/show/result-table.ts';
import { widthOf } from '../src/show/width.ts';

const tables = (state: string, ...instances: readonly (readonly [string, string | null, number, number])[]) => ({
  run: { r: { state } },
  instances: Object.fromEntries(
    instances.map(([instance, step, shardsDone, shardsTotal], index) => [
      String(index),
      { state: instance, step, shardsDone, shardsTotal },
    ]),
  ),
});

describe('progress by steps', () => {
  test('goes from step to step, and what is past stays done', () => {
    const seen: StepProgress[][] = [];
    let before: readonly StepProgress[] = [];
    for (const one of [
      tables('running', ['running', 'plan', 0, 1]),
      tables('running', ['succeeded', 'plan', 1, 1], ['running', 'evaluate', 3, 8], ['running', 'evaluate', 2, 8]),
      tables('running', ['succeeded', 'plan', 1, 1], ['running', 'merge', 1, 8], ['failed', 'evaluate', 2, 8]),
      tables('succeeded', ['succeeded', 'plan', 1, 1], ['succeeded', 'merge', 8, 8]),
    ]) {
      before = progressOf(one, before);
      seen.push([...before]);
    }
    expect(seen.map((steps) => steps.map(({ state }) => state))).toEqual([
      ['running', 'waiting', 'waiting', 'waiting'],
      ['done', 'running', 'waiting', 'waiting'],
      ['done', 'done', 'done', 'running'],
      ['done', 'done', 'done', 'done'],
    ]);
    expect(seen[1]?.[1]).toMatchObject({ done: 2, total: 8 });
    expect(progressLines(seen[1]!)[1]).toBe(`evaluate  ${'█'.repeat(6)}${'░'.repeat(18)} 2 of 8 shards`);
  });
});

const report: RunReport = {
  run_id: 'r',
  state: 'partial',
  business_date: '2026-11-22',
  as_of: '2026-11-22',
  as_of_instant: '2026-11-22T23:59:59.999999Z',
  time_zone: 'UTC',
  tags: [
    { tag_id: 1, name: '高净值用户', state: 'succeeded', matched: 1_234, unknown: 5, entered: 2, exited: 1 },
    ...[2, 3].map((tag_id) => ({
      tag_id,
      name: `t${tag_id}`,
      state: 'failed' as const,
      matched: 0,
      unknown: 0,
      entered: 0,
      exited: 0,
      error: { code: 'TABLE_UNREADABLE', message: 'm' },
    })),
  ],
  users: { evaluated: 10, inserted: 1, updated: 2, unchanged: 7 },
  shards: { total: 4, attempts: 5 },
  bytes_read: 9,
  duration_ms: { total: 1_500, plan: 100, evaluate: 900, check: 0, merge: 500 },
  notes: ['n'],
};

describe('a report for people', () => {
  test('columns stand under their heads, also with Chinese names', () => {
    const [head, first, second] = resultText(report).split('\n');
    expect(head).toBe('tag  name        state      matched  unknown  entered  exited');
    expect(first).toBe('  1  高净值用户  succeeded    1,234        5        2       1');
    expect(widthOf(second!)).toBe(widthOf(first!));
  });

  test('tags that failed alike share a sentence; a failed run tells its own reason alone', () => {
    expect(failureLines(report)).toEqual(['tags 2 t2, 3 t3: TABLE_UNREADABLE: m']);
    const failed: RunReport = { ...report, state: 'failed', error: { code: 'S3_DENIED', message: 'no' } };
    expect(failureLines(failed)).toEqual(['S3_DENIED: no']);
    expect(resultText(failed)).toBe('run r failed\n');
  });

  test.each([
    ['succeeded', undefined, 0],
    ['partial', undefined, 1],
    ['failed', undefined, 1],
    ['failed', 'INPUT_CHANGED', 1],
    ['failed', 'DATE_WITHOUT_DATA', 3],
    ['failed', 'S3_DENIED', 4],
    ['failed', 'DATABASE_UNAVAILABLE', 75],
  ] as const)('%s by %s ends with %i', (state, code, exit) => {
    expect(exitOf({ ...report, state, ...(code === undefined ? {} : { error: { code, message: 'm' } }) })).toBe(exit);
  });
});
