/** The analyst's door over MariaDB and an S3 server, and over tables whose users are integers. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { ExplainAnswer, RuleAnswer, VersionList } from '@tagmill/shared/api/rules';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll } from '../../src/e2e/command.ts';
import { Fleet } from '../../src/e2e/fleet.ts';
import { followPreview } from '../../src/e2e/follow-preview.ts';
import { credentialsOf, uploadTables } from '../../src/e2e/matrix.ts';
import { evaluation } from '../../src/e2e/oracle.ts';
import { mariadbTarget, SqliteTargets, type Target } from '../../src/e2e/target.ts';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';
import { type S3Server, startS3Server } from '../../src/s3-server.ts';

const temp = mkdtempSync(join(tmpdir(), 'tagmill-analyst-places-'));
const sqlite = new SqliteTargets();
let mariadb: MariadbServer;
let s3: S3Server;
let target: Target | undefined;

beforeAll(async () => {
  [mariadb, s3] = await Promise.all([startMariadb(), startS3Server()]);
  await uploadTables(s3);
});
afterEach(async () => {
  endAll();
  await target?.close();
  target = undefined;
});
afterAll(async () => {
  await mariadb?.stop();
  await s3?.stop();
  sqlite.remove();
  rmSync(temp, { recursive: true, force: true });
});

test('rules in MariaDB, tables on S3: saved, previewed, run and explained', async () => {
  target = await mariadbTarget(mariadb, 'analyst', 'empty');
  const env = credentialsOf(s3);
  const args = ['--s3-endpoint', s3.endpoint, '--shard-rows', '7000'];
  const fleet = new Fleet({ databaseUrl: target.url, directory: join(temp, 's3'), tables: 's3://oracle/some/prefix', args, env });
  await fleet.startManager();
  fleet.startExecutor('one', { slots: 2 });
  await fleet.executorIs('one', ['connected']);
  const { etag, live } = await fleet.get<RuleAnswer>('/api/v1/tags/7/rule');
  const seen = await followPreview(fleet, { rule: live!.rule_text, tag_id: 7, against: 'live' });
  const users = evaluation();
  expect(seen).toMatchObject({ state: 'done', figures: { matched: users.filter(({ T }) => T.includes(7)).length, enter: 0, exit: 0 } });
  // Numbers and spaces come back as the database keeps them: that is no edit.
  const text = '{ "field" : "age", "operator":"in_range", "value": [18.0, 40] }';
  const saved = await fleet.call('PUT', '/api/v1/tags/7/rule', { rule: text, reason: 'wider' }, { 'if-match': etag });
  expect(saved.status, await saved.text()).toBe(200);
  const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [7], business_date: '2026-11-22' });
  const report = await fleet.ended(runId);
  expect(report.tags[0]).toMatchObject({ matched: (await followPreview(fleet, { rule: text })).figures!.matched });
  expect((await fleet.get<VersionList>('/api/v1/tags/7/rule/versions')).versions.map(({ version, who }) => [version, who])).toEqual([
    [2, 'api-key'],
    [1, 'database'],
  ]);
  for (const { user_id } of users.filter((_, index) => index % 700 === 0)) {
    const { stored, sources, rule_version } = await fleet.get<ExplainAnswer>(`/api/v1/users/${encodeURIComponent(user_id)}/tags/7/explain`);
    expect(['agrees', 'unknown-keeps', 'not-evaluated'], user_id).toContain(stored.agreement);
    expect([rule_version, sources[0]!.table]).toEqual([2, 'user_basic_info']);
  }
});

test('users that are integers', async () => {
  const tables = join(temp, 'integers');
  mkdirSync(join(tables, 'user_basic_info/dt=2026-11-22'), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const path = join(tables, 'user_basic_info/dt=2026-11-22/x.parquet');
  await connection.run(`COPY (SELECT range - 20 AS user_id, range AS age FROM range(220)) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  target = await sqlite.make('empty');
  const fleet = new Fleet({ databaseUrl: target.url, directory: join(temp, 'int'), tables });
  await fleet.startManager();
  fleet.startExecutor('one');
  await fleet.executorIs('one', ['connected']);
  await fleet.ended(await fleet.createRun({ mode: 'task-tags', tag_ids: [7] }));
  const explain = (user: string): Promise<ExplainAnswer> => fleet.get(`/api/v1/users/${user}/tags/7/explain`);
  expect(await explain('-1')).toMatchObject({ result: 'T', evaluated: true, stored: { agreement: 'agrees' }, tree: { truth: 'T' } });
  expect(await explain('-20')).toMatchObject({ result: 'F', flip: { from: '0', to: '18' }, stored: { agreement: 'agrees' } });
  for (const user of ['200', '01', 'x'])
    expect(await explain(user)).toMatchObject({ evaluated: false, stored: { agreement: 'not-evaluated' } });
  const { samples, figures } = await followPreview(fleet, { rule: { field: 'age', operator: 'in_range', value: [18, 31] }, tag_id: 7 });
  expect(figures).toMatchObject({ matched: 14, enter: 1, exit: 0, stay: 13 });
  expect(samples.enter).toEqual(['11']);
});
