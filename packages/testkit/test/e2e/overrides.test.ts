/** Tags by hand on real processes: they stand over rules, in what is stored and in what other rules see. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, run } from '../../src/e2e/command.ts';

const temp = mkdtempSync(join(tmpdir(), 'tagmill-overrides-'));
const tables = join(temp, 'tables');
const url = `sqlite:${join(temp, 'tags.sqlite')}`;

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  mkdirSync(join(tables, 'users', 'dt=2026-11-22'), { recursive: true });
  const file = join(tables, 'users', 'dt=2026-11-22', 'x.parquet');
  await connection.run(`COPY (SELECT printf('u%d', range) AS user_id, range AS n FROM range(10)) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
});
afterEach(endAll);
afterAll(() => rmSync(temp, { recursive: true, force: true }));

async function ok(...words: string[]): Promise<string> {
  const ended = await run([...words, '--database', url]);
  expect(ended.code, `${words.join(' ')}\n${ended.stderr}`).toBe(0);
  return ended.stdout;
}

async function members(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const line of (await ok('user-tags', 'export', '--format', 'jsonl')).trim().split('\n')) {
    const { user_id, tag_ids } = JSON.parse(line) as { user_id: string; tag_ids: number[] };
    for (const tag of tag_ids) found[tag] = [...(found[tag] ?? []), user_id];
  }
  return found;
}

test('inclusions and exclusions win over rules, at once and in every run, and other tags see them', async () => {
  await ok('db', 'init');
  const rules = join(temp, 'rules.json');
  const tag = (id: number, rule: unknown) => ({ tag_id: id, tag_name: `tag ${id}`, tag_category: 'x', rule_conditions: rule });
  const tags = [tag(1, { field: 'n', operator: '<', value: 3 }), tag(2, { operator: 'has_tag', value: 1 })];
  writeFileSync(rules, JSON.stringify({ tags }));
  await ok('rules', 'import', rules, '--tables', tables);
  const task = ['task-all', '--tables', tables, '--executors', '1'];
  await ok(...task);
  expect(await members()).toEqual({ 1: ['u0', 'u1', 'u2'], 2: ['u0', 'u1', 'u2'] });

  await ok('tags', 'exclude', 'u1', '1', '--reason', 'staff');
  await ok('tags', 'include', 'u9', '1', '--reason', 'by agreement');
  await ok('tags', 'include', 'somebody else', '1', '--reason', 'by agreement');
  expect((await members())[1]).toEqual(['somebody else', 'u0', 'u2', 'u9']);
  expect((await run(['tags', 'include', 'u1', '99', '--reason', 'x', '--database', url])).stderr).toContain('there is no tag 99');
  await ok(...task);
  expect(await members()).toEqual({ 1: ['somebody else', 'u0', 'u2', 'u9'], 2: ['u0', 'u2', 'u9'] });
  const listed = JSON.parse(await ok('tags', 'overrides', '1', '--json')) as {
    overrides: { user_id: string; kind: string; reason: string }[];
  };
  expect(listed.overrides.map(({ user_id, kind, reason }) => [user_id, kind, reason])).toEqual([
    ['somebody else', 'include', 'by agreement'],
    ['u1', 'exclude', 'staff'],
    ['u9', 'include', 'by agreement'],
  ]);

  for (const user of ['u1', 'u9', 'somebody else']) await ok('tags', 'clear', user, '1', '--reason', 'over');
  expect((await members())[1]).toEqual(['u0', 'u2']);
  await ok(...task);
  expect(await members()).toEqual({ 1: ['u0', 'u1', 'u2'], 2: ['u0', 'u1', 'u2'] });
});
