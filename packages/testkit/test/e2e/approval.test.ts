/** Rules that need an approval, by the command line against a real manager: proposed, listed, compared, approved by another, refused to their writer. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RuleAnswer } from '@tagmill/shared/api/rules';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endAll, run } from '../../src/e2e/command.ts';
import { Fleet, SECRETS } from '../../src/e2e/fleet.ts';
import { SqliteTargets, type Target } from '../../src/e2e/target.ts';

const sqlite = new SqliteTargets();
let target: Target;
let fleet: Fleet;

beforeAll(async () => {
  target = await sqlite.make('empty');
  fleet = new Fleet({ databaseUrl: target.url, directory: join(sqlite.directory, 'approval'), args: ['--rule-approval'] });
  await fleet.startManager();
  fleet.startExecutor('one', { slots: 2 });
  await fleet.executorIs('one', ['connected']);
});
afterAll(async () => {
  endAll();
  await target?.close();
  sqlite.remove();
});

test('somebody else’s proposal is listed, compared and approved; one’s own is not; runs take the live rule until then', async () => {
  const tool = (...words: string[]) =>
    run(['rules', ...words, '--manager', fleet.http], { env: { TAGMILL_API_KEY: SECRETS.TAGMILL_API_KEY } });
  const versionOfRun = async (): Promise<unknown> => {
    const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [6], business_date: '2026-11-22' });
    await fleet.ended(runId);
    const { tags } = await fleet.get<{ tags: { tag_id: number; last: { rule_version: number } }[] }>('/api/v1/tags/overview');
    return tags.find((one) => one.tag_id === 6)?.last.rule_version;
  };
  const theirs = { rule: { field: 'cash_balance', operator: '>=', value: 60_000 }, reason: 'limit raised, PRD-9' };
  const put = await fleet.call('PUT', '/api/v1/tags/6/rule', theirs, { 'if-match': '"v1.1"', 'x-tagmill-who': '%E5%AE%89' });
  expect(put.status, await put.text()).toBe(200);
  expect(await versionOfRun()).toBe(1);
  expect((await tool('proposals')).stdout).toMatch(/6 +\S+ +2 +\S+ \S+ +api-key:安 +limit raised, PRD-9/);
  expect((await tool('diff', '6', '--from', '1', '--to', '2')).stdout).toContain(
    '+ { "field": "cash_balance", "operator": ">=", "value": 60000 }',
  );
  const published = await tool('publish', '6', '--version-number', '2', '--reason', 'now');
  expect(published).toMatchObject({ code: 4, stderr: expect.stringContaining('APPROVAL_NEEDED') });
  const approved = await tool('approve', '6', '--version-number', '2', '--reason', 'agreed');
  expect(approved, approved.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('tag 6 is at version 2 (live)') });
  expect(await versionOfRun()).toBe(2);

  const file = join(sqlite.directory, 'rule.json');
  writeFileSync(file, JSON.stringify({ field: 'cash_balance', operator: '>=', value: 70_000 }));
  const own = await tool('put', '6', file, '--reason', 'higher still');
  expect(own, own.stderr).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('version 3 (proposed): it goes live once somebody else'),
  });
  expect(await tool('approve', '6', '--version-number', '3', '--reason', 'I like it')).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('so somebody else has to approve it'),
  });
  expect((await tool('reject', '6', '--version-number', '3', '--reason', 'on second thoughts')).code).toBe(0);
  const restored = await tool('restore', '6', '--version-number', '1', '--reason', 'it was right');
  expect(restored, restored.stderr).toMatchObject({ code: 0, stderr: expect.stringContaining('version 4 (proposed)') });
  expect((await fleet.get<RuleAnswer>('/api/v1/tags/6/rule')).live?.version).toBe(2);
  expect((await tool('proposals')).stdout).toMatch(/version 1 again: it was right/);
});
