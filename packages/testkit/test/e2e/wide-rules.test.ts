/** Rules that read more than the user's row, on real processes: the same members at any number of shards and executors. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { RunReport } from '@tagmill/shared/api/report';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { endAll, run } from '../../src/e2e/command.ts';

const DAY = '2026-11-22';
const USERS = 3_000;
const temp = mkdtempSync(join(tmpdir(), 'tagmill-wide-'));
const tables = join(temp, 'tables');
const name = (n: number): string => `u${String(n).padStart(5, '0')}`;

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const write = async (path: string, sql: string): Promise<void> => {
    mkdirSync(join(tables, path, '..'), { recursive: true });
    await connection.run(`COPY (${sql}) TO '${join(tables, path)}' (FORMAT parquet)`);
  };
  const user = "printf('u%05d', range) AS user_id";
  await write(`users/dt=${DAY}/x.parquet`, `SELECT ${user}, range AS n, range % 100 AS part FROM range(${USERS})`);
  await write(`purses/dt=${DAY}/x.parquet`, `SELECT ${user}, range % 50 AS coins FROM range(0, ${USERS}, 2)`);
  // User n trades n % 4 times on each of two days, one more on the second.
  for (const [day, more] of [
    ['2026-11-21', 0],
    [DAY, 1],
  ] as const) {
    const times = `SELECT range, unnest(range(range % 4 + ${more})) FROM range(0, ${USERS}, 3)`;
    await write(`trades/dt=${day}/x.parquet`, `SELECT ${user}, DATE '${day}' AS day, 1.5::DECIMAL(10,2) AS amount FROM (${times})`);
  }
  connection.closeSync();
  instance.closeSync();
  writeFileSync(
    join(tables, '_catalog.json'),
    JSON.stringify({ primary: 'users', events: { trades: { time: 'day', partitions: 'daily' } } }),
  );
});
afterEach(endAll);
afterAll(() => rmSync(temp, { recursive: true, force: true }));

const numbers = Array.from({ length: USERS }, (_, n) => n);
const tradesOf = (n: number): number => (n % 3 === 0 ? 2 * (n % 4) + 1 : 0);
const window = { last_days: 2 };

/** Each rule with the users that it must give. */
const RULES: readonly (readonly [unknown, (n: number) => boolean])[] = [
  [{ field: 'part', operator: '>', other: 'coins', plus: 1 }, (n) => n % 2 === 0 && n % 100 > (n % 50) + 1],
  [{ operator: 'count', table: 'trades', compare: '=', value: 0, window }, (n) => tradesOf(n) === 0],
  [{ operator: 'sum', table: 'trades', field: 'amount', compare: '>=', value: '7.5', window }, (n) => tradesOf(n) >= 5],
  [{ operator: 'count', table: 'trades', compare: '>', value: 0, window: { last_days: 3 } }, () => false],
  [{ field: 'n', operator: 'top_n', value: 17 }, (n) => n >= USERS - 17],
  [{ field: 'coins', operator: 'ntile', tiles: 5, order: 'asc', value: 1 }, (n) => n % 2 === 0 && n % 50 < 10],
  [{ field: 'user_id', operator: 'in_list', value: 'few' }, (n) => n === 3 || n === 77],
  [{ field: 'n', operator: 'in_list', value: 'many' }, (n) => n < 2_500 && n % 2 === 1],
  [{ field: 'n', operator: 'changed_since', value: 'previous' }, () => false],
];

const listFile = (content: readonly unknown[]): string => {
  const path = join(temp, `list-${Math.random()}.txt`);
  writeFileSync(path, content.map((value) => `${String(value)}\n`).join(""));
  return path;
};

async function ok(words: readonly string[]): Promise<string> {
  const ended = await run([...words]);
  expect(ended.code, `${words.join(' ')}\n${ended.stderr}`).toBe(0);
  return ended.stdout;
}

async function databaseWith(label: string, tags: readonly { readonly id: number; readonly rule: unknown }[]): Promise<string> {
  const url = `sqlite:${join(temp, `${label}.sqlite`)}`;
  await ok(['db', 'init', '--database', url]);
  await ok(['lists', 'put', 'few', listFile([name(3), name(77), 'nobody']), '--database', url]);
  const many = Array.from({ length: 1_250 }, (_, at) => 2 * at + 1);
  await ok(['lists', 'put', 'many', listFile(many), '--type', 'int64', '--database', url]);
  await ok(['lists', 'put', 'none', listFile([]), '--database', url]);
  const rules = join(temp, `${label}.json`);
  const rows = tags.map(({ id, rule }) => ({ tag_id: id, tag_name: `tag ${id}`, tag_category: 'x', rule_conditions: rule }));
  writeFileSync(rules, JSON.stringify({ tags: rows }));
  await ok(['rules', 'import', rules, '--database', url, '--tables', tables]);
  return url;
}

async function membersOf(url: string): Promise<Map<number, string[]>> {
  const lines = (await ok(['user-tags', 'export', '--database', url, '--format', 'jsonl'])).trim().split('\n');
  const members = new Map<number, string[]>();
  for (const line of lines) {
    const { user_id, tag_ids } = JSON.parse(line) as { user_id: string; tag_ids: number[] };
    for (const tag of tag_ids) members.set(tag, [...(members.get(tag) ?? []), user_id]);
  }
  return members;
}

describe('rules that read more than the user’s row', () => {
  const tags = RULES.map(([rule], at) => ({ id: at + 1, rule }));

  test.each([
    [1_000_000, 1],
    [1_500, 2],
    [47, 2],
  ])('have the same members with %i users a shard and %i executors', async (shardRows, executors) => {
    const url = await databaseWith(`cut-${shardRows}`, tags);
    const words = ['task-all', '--database', url, '--tables', tables, '--shard-rows', String(shardRows)];
    const report = JSON.parse(await ok([...words, '--executors', String(executors), '--json'])) as RunReport;
    expect(report.tags.map((tag) => tag.state)).toEqual(tags.map(() => 'succeeded'));
    const members = await membersOf(url);
    RULES.forEach(([rule, holds], at) => {
      const expected = numbers.filter(holds).map(name);
      expect([JSON.stringify(rule), members.get(at + 1) ?? []]).toEqual([JSON.stringify(rule), expected]);
    });
  });

  test('an empty list fails its tag and no other', async () => {
    const url = await databaseWith('empty', [
      { id: 1, rule: { field: 'user_id', operator: 'not_in_list', value: 'none' } },
      { id: 2, rule: { field: 'user_id', operator: 'in_list', value: 'few' } },
    ]);
    const ended = await run(['task-all', '--database', url, '--tables', tables, '--json']);
    expect(ended.code).toBe(1);
    const report = JSON.parse(ended.stdout) as RunReport;
    expect(report.tags.map(({ state, error }) => [state, error?.code ?? null])).toEqual([
      ['failed', 'LIST_EMPTY'],
      ['succeeded', null],
    ]);
  });
});
