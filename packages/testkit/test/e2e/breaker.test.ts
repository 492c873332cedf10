/** The circuit breaker on real processes: a tag that jumps is held before a row of it is written, until somebody says what becomes of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, run } from '../../src/e2e/command.ts';
import { Fleet, SECRETS } from '../../src/e2e/fleet.ts';

const temp = mkdtempSync(join(tmpdir(), 'tagmill-breaker-'));
const tables = join(temp, 'tables');
const USERS = 1_000;
const [BEFORE, AFTER] = ['2026-11-21', '2026-11-22'] as const;

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  // A tenth has a high score, and six tenths a day later; the channel of every fourth is lost then.
  for (const [day, high, channel] of [
    [BEFORE, 100, "'app'"],
    [AFTER, 600, "CASE WHEN range % 4 = 0 THEN NULL ELSE 'app' END"],
  ] as const) {
    mkdirSync(join(tables, 'users', `dt=${day}`), { recursive: true });
    const columns = `printf('u%04d', range) AS user_id, range AS n, CASE WHEN range < ${high} THEN 9 ELSE 1 END AS score, ${channel} AS channel`;
    await connection.run(
      `COPY (SELECT ${columns} FROM range(${USERS})) TO '${join(tables, 'users', `dt=${day}`, 'x.parquet')}' (FORMAT parquet)`,
    );
  }
  connection.closeSync();
  instance.closeSync();
});
afterEach(endAll);
afterAll(() => rmSync(temp, { recursive: true, force: true }));

const RULES = [
  { field: 'score', operator: '>=', value: 9 },
  { field: 'n', operator: '<', value: 50 },
  { field: 'channel', operator: '=', value: 'app' },
  { field: 'channel', operator: '!=', value: 'web' },
];

async function ok(words: readonly string[]): Promise<string> {
  const ended = await run([...words], { env: SECRETS });
  expect(ended.code, `${words.join(' ')}\n${ended.stderr}`).toBe(0);
  return ended.stdout + ended.stderr;
}

async function sizes(url: string): Promise<number[]> {
  const ended = await run(['user-tags', 'export', '--database', url, '--format', 'jsonl']);
  const rows = ended.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { tag_ids: number[] }).tag_ids);
  return RULES.map((_, at) => rows.filter((ids) => ids.includes(at + 1)).length);
}

test('a tag that jumps is held and the others are merged; after a restart it is released and merged, or discarded and never written', async () => {
  const url = `sqlite:${join(temp, 'tags.sqlite')}`;
  await ok(['db', 'init', '--database', url]);
  const file = join(temp, 'rules.json');
  const tags = RULES.map((rule, at) => ({ tag_id: at + 1, tag_name: `tag ${at + 1}`, tag_category: 'x', rule_conditions: rule }));
  writeFileSync(file, JSON.stringify({ tags }));
  await ok(['rules', 'import', file, '--database', url, '--tables', tables]);
  await ok(['tags', 'policy', '1', '--max-move', '0.5', '--reason', 'as agreed', '--database', url]);
  await ok(['tags', 'policy', '3', '--unknown', 'remove', '--reason', 'no channel, no tag', '--database', url]);

  const fleet = new Fleet({ databaseUrl: url, directory: join(temp, 'fleet'), tables });
  await fleet.startManager();
  fleet.startExecutor('one');
  fleet.startExecutor('two');
  const set = await fleet.call('PUT', '/api/v1/tags/4/policy', { max_unknown_share: 0.3, reason: 'a quarter is usual' });
  expect(await set.json()).toMatchObject({ tag_id: 4, unknown: 'keep', max_unknown_share: 0.3, max_move: null });
  expect(await ok(['tags', 'policy', '--manager', fleet.http])).toContain('tag 1: unknown keep, max-unknown-share any, max-move 0.5');

  const runOf = async (day: string) => {
    const runId = await fleet.createRun({ mode: 'task-all', business_date: day });
    return { runId, report: await fleet.ended(runId) };
  };
  expect((await runOf(BEFORE)).report.state).toBe('succeeded');
  expect(await sizes(url)).toEqual([100, 50, 1_000, 1_000]);

  const { runId, report } = await runOf(AFTER);
  expect(report.state).toBe('partial');
  expect(report.tags.map(({ state }) => state)).toEqual(['held', 'succeeded', 'succeeded', 'succeeded']);
  expect(report.tags[0]).toMatchObject({ matched: 600, entered: 0, breach: { before: 100, exceeded: [{ limit: 'max_move', actual: 5 }] } });
  // Of tag 3 the unknown ones lose it, of tag 4 they keep it.
  expect(await sizes(url)).toEqual([100, 50, 750, 1_000]);

  fleet.manager.child.kill('SIGKILL');
  await fleet.manager.ended;
  await fleet.startManager();
  expect(await fleet.instance(runId, 'tag-1')).toMatchObject({
    held: true,
    state: 'pending',
    reason: expect.stringContaining('it matches 600 users where the last run with this rule matched 100'),
    breach: { matched: 600, releasedBy: null },
  });
  const answer = ['--reason', 'a new partner', '--manager', fleet.http];
  expect((await run(['tags', 'release', runId, '2', ...answer], { env: SECRETS })).stderr).toContain('does not hold tag 2');
  expect(await ok(['tags', 'release', runId, '1', ...answer])).toContain('1 tag released');
  expect((await fleet.ended(runId)).tags[0]).toMatchObject({ state: 'succeeded', entered: 500 });
  expect(await sizes(url)).toEqual([600, 50, 750, 1_000]);

  const back = await runOf(BEFORE);
  expect(back.report.tags.map(({ state }) => state)).toEqual(['held', 'succeeded', 'succeeded', 'succeeded']);
  await ok(['tags', 'discard', back.runId, '1', ...answer]);
  const discarded = await fleet.instance(back.runId, 'tag-1');
  expect(discarded).toMatchObject({
    state: 'stopped',
    held: false,
    reason: expect.stringMatching(/^discarded by .*nothing of it was written/),
  });
  expect((await run(['tags', 'discard', back.runId, '1', ...answer], { env: SECRETS })).code).toBe(4);
  expect(await sizes(url)).toEqual([600, 50, 1_000, 1_000]);
  expect(await fleet.stop()).toEqual([]);
});
