/** `keep_for` on real processes: a day at a time, over shards and executors, told by preview, run, explanation and the command line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { ExplainAnswer } from '@tagmill/shared/api/rules';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, run, until } from '../../src/e2e/command.ts';
import { Fleet, SECRETS } from '../../src/e2e/fleet.ts';
import { followPreview } from '../../src/e2e/follow-preview.ts';
import { isUndone } from '../../src/e2e/kill-world.ts';
import { mariadbTarget, SqliteTargets, type Target } from '../../src/e2e/target.ts';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

const [TAG, OTHER] = [201, 202] as const;
const USERS = 400;
const DAYS = ['2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21'] as const;
const RULE = { field: 'channel', operator: '=', value: 'app' };

const temp = mkdtempSync(join(tmpdir(), 'tagmill-keep-for-'));
const tables = join(temp, 'tables');
const sqlite = new SqliteTargets();
let mariadb: MariadbServer;
let target: Target | undefined;

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  // From the second day on nothing is known of every fourth, but of one of these again on the third.
  for (const [at, day] of DAYS.entries()) {
    mkdirSync(join(tables, 'users', `dt=${day}`), { recursive: true });
    const channel = at === 0 ? "'app'" : `CASE WHEN range % 4 = 0 AND NOT (range = 8 AND ${at} = 2) THEN NULL ELSE 'app' END`;
    const file = join(tables, 'users', `dt=${day}`, 'x.parquet');
    await connection.run(
      `COPY (SELECT printf('u%04d', range) AS user_id, ${channel} AS channel FROM range(${USERS})) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    );
  }
  connection.closeSync();
  instance.closeSync();
  mariadb = await startMariadb();
});
afterEach(async () => {
  endAll();
  await target?.close();
});
afterAll(async () => {
  await mariadb?.stop();
  sqlite.remove();
  rmSync(temp, { recursive: true, force: true });
});

async function holders(): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const { userId, tagIds, tagDetails } of await target!.rows()) {
    if (!(JSON.parse(tagIds) as number[]).includes(TAG)) continue;
    const entry = (JSON.parse(tagDetails ?? '{}') as Record<string, { unknown_runs?: number }>)[TAG];
    found.set(userId, entry?.unknown_runs ?? 0);
  }
  return found;
}

const user = (index: number): string => `u${String(index).padStart(4, '0')}`;

async function ok(words: readonly string[]): Promise<string> {
  const ended = await run([...words], { env: SECRETS });
  expect(ended.code, `${words.join(' ')}\n${ended.stderr}`).toBe(0);
  return ended.stdout;
}

const tagOf = (id: number) => ({ tag_id: id, tag_name: `tag ${id}`, tag_category: 'x', rule_conditions: RULE });

async function days(url: string, shardRows: number): Promise<void> {
  const file = join(temp, 'rules.json');
  writeFileSync(file, JSON.stringify({ tags: [TAG, OTHER].map(tagOf) }));
  await ok(['rules', 'import', file, '--database', url, '--unchecked']);
  const policy = ['tags', 'policy', String(TAG), '--keep-for-runs', '1', '--reason', 'a day late is usual', '--database', url];
  expect(await ok(policy)).toContain(`tag ${TAG}: unknown keep_for 1 runs`);
  const args = ['--shard-rows', String(shardRows)];
  const fleet = new Fleet({ databaseUrl: url, directory: mkdtempSync(join(temp, 'fleet-')), tables, args });
  await fleet.startManager();
  for (const name of ['one', 'two']) fleet.startExecutor(name);
  await fleet.executorIs('two', ['connected']);
  const day = async (at: number): Promise<string> => {
    const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [TAG], business_date: DAYS[at] });
    const report = await fleet.ended(runId);
    expect(report.state).toBe('succeeded');
    const [tag] = report.tags;
    const moved = await holders();
    expect([tag?.entered, tag?.exited], DAYS[at]).toEqual(
      [
        [USERS, 0],
        [0, 0],
        [0, USERS / 4 - 1],
        [0, 0],
      ][at],
    );
    expect(moved.size, DAYS[at]).toBe([USERS, USERS, (USERS * 3) / 4 + 1, (USERS * 3) / 4 + 1][at]);
    return runId;
  };
  await day(0);
  const second = await day(1);
  expect((await holders()).get(user(4))).toBe(1);
  const explain = (index: number): Promise<ExplainAnswer> => fleet.get(`/api/v1/users/${user(index)}/tags/${TAG}/explain`);
  expect((await explain(4)).stored).toMatchObject({
    agreement: 'unknown-keeps',
    sentence: expect.stringContaining('kept for 1 run: 1 of them so far, the last for 2026-11-19; the next one takes it'),
  });
  // The same day again counts no further; undone it is as if it had not been, and then it is done anew.
  const again = await fleet.ended(await fleet.createRun({ mode: 'task-tags', tag_ids: [TAG], business_date: DAYS[1] }));
  expect(again.users).toMatchObject({ updated: 0, inserted: 0 });
  await fleet.act(second, { action: 'rollback', selection: [`${second}/tag-${TAG}`], reason: 'test' });
  await until('the end of the rollback', async () => {
    const record = await fleet.instance(second, `tag-${TAG}`);
    return isUndone(record) ? record : undefined;
  });
  expect((await holders()).get(user(4))).toBe(0);
  await day(1);
  // Another tag is run for the third day: a preview is over its tables then.
  await fleet.ended(await fleet.createRun({ mode: 'task-tags', tag_ids: [OTHER], business_date: DAYS[2] }));
  const seen = await followPreview(fleet, { rule: RULE, tag_id: TAG, samples: 1_000 });
  const gone = Array.from({ length: USERS / 4 }, (_, at) => user(4 * at)).filter((name) => name !== user(8));
  expect(seen.samples.exit.toSorted()).toEqual(gone);
  expect(seen.figures).toMatchObject({ enter: 0, exit: gone.length, unknown: gone.length, unknown_held: 0 });
  await day(2);
  expect((await holders()).get(user(8))).toBe(0);
  expect((await explain(4)).stored.sentence).toContain('which gives nobody the tag; a holder keeps it for 1 run');
  await day(3);
  expect((await holders()).get(user(8))).toBe(1);
  expect(await fleet.stop()).toEqual([]);
}

test.each([
  ['one shard', USERS * 2],
  ['two shards', USERS / 2],
  ['eight shards', USERS / 8],
])('holders of whom nothing is known keep the tag for as many runs: %s', async (_, shardRows) => {
  target = await sqlite.make('empty');
  await days(target.url, shardRows);
});

test('holders of whom nothing is known keep the tag for as many runs: in MariaDB', async () => {
  target = await mariadbTarget(mariadb, 'keep_for', 'empty');
  await days(target.url, USERS / 2);
});
