/** Rules that read more than the user's row, on real processes: the same members at any number of shards and executors. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { RunReport } from '@tagmill/shared/api/report';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { endAll, run } from '../../src/e2e/command.ts';
import { Fleet } from '../../src/e2e/fleet.ts';
import { startMariadb } from '../../src/mariadb.ts';

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

/** Somebody who works in the database. */
async function sqlite(path: string, sql: string): Promise<void> {
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

const listFile = (content: readonly unknown[]): string => {
  const path = join(temp, `list-${Math.random()}.txt`);
  writeFileSync(path, content.map((value) => `${String(value)}\n`).join(''));
  return path;
};

async function ok(words: readonly string[]): Promise<string> {
  const ended = await run([...words]);
  expect(ended.code, `${words.join(' ')}\n${ended.stderr}`).toBe(0);
  return ended.stdout;
}

async function databaseWith(
  label: string,
  tags: readonly { readonly id: number; readonly rule: unknown }[],
  url = `sqlite:${join(temp, `${label}.sqlite`)}`,
): Promise<string> {
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
    [47, 4],
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

  test('see what has changed since the run before, also over a restart, and say when that cannot be seen', async () => {
    const place = join(temp, 'days');
    const write = async (day: string, more: number): Promise<void> => {
      mkdirSync(join(place, `t/dt=${day}`), { recursive: true });
      const rows = `SELECT printf('u%05d', range) AS user_id, range + CASE WHEN range % 10 = 0 THEN ${more} ELSE 0 END AS n FROM range(300)`;
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      await connection.run(`COPY (${rows}) TO '${join(place, `t/dt=${day}/x.parquet`)}' (FORMAT parquet)`);
      connection.closeSync();
      instance.closeSync();
    };
    await write('2026-11-21', 0);
    await write('2026-11-22', 5);
    const url = `sqlite:${join(temp, 'days.sqlite')}`;
    const rules = join(temp, 'days.json');
    const rows = [
      { tag_id: 1, rule_conditions: { field: 'n', operator: 'changed_since', value: 'previous' } },
      { tag_id: 2, rule_conditions: { field: 'n', operator: 'increased_by', unit: 'amount', value: 5, since: '2026-11-21' } },
    ].map((row) => ({ ...row, tag_name: `tag ${row.tag_id}`, tag_category: 'x' }));
    writeFileSync(rules, JSON.stringify({ tags: rows }));
    await ok(['rules', 'import', rules, '--database', url, '--tables', place]);
    const fleet = new Fleet({ databaseUrl: url, directory: join(temp, 'fleet'), tables: place });
    await fleet.startManager();
    fleet.startExecutor('one');
    fleet.startExecutor('two');
    const found = async (date: string): Promise<[number[], readonly string[]]> => {
      const report = await fleet.ended(await fleet.createRun({ mode: 'task-all', business_date: date }));
      expect(report.state).toBe('succeeded');
      return [report.tags.flatMap(({ matched, unknown }) => [matched, unknown]), report.notes];
    };
    const [first, told] = await found('2026-11-21');
    expect(first).toEqual([0, 300, 0, 0]);
    expect(told.join()).toMatch(/no successful run before this one has read t/);
    fleet.manager.child.kill('SIGKILL');
    await fleet.manager.ended;
    await fleet.startManager();
    expect((await found('2026-11-22'))[0]).toEqual([30, 0, 30, 0]);
    expect((await found('2026-11-22'))[0]).toEqual([0, 0, 30, 0]);
    await write('2026-11-22', 7);
    const [last, why] = await found('2026-11-22');
    expect(last).toEqual([0, 300, 30, 0]);
    expect(why.join()).toMatch(/1 of 1 objects of t that the run before read are gone or changed/);
    expect(await fleet.stop()).toEqual([]);
  });

  describe('conditions on other tags', () => {
    const chain = [
      { id: 1, rule: { field: 'part', operator: '<', value: 50 } },
      {
        id: 2,
        rule: {
          logic: 'AND',
          conditions: [
            { operator: 'has_tag', value: 1 },
            { field: 'coins', operator: '>', value: 10 },
          ],
        },
      },
      { id: 3, rule: { operator: 'not_has_tag', value: 2 } },
      { id: 4, rule: { field: 'user_id', operator: 'in_list', value: 'none' } },
      { id: 5, rule: { operator: 'has_tag', value: 4, missing: 'match' } },
      {
        id: 6,
        rule: {
          logic: 'AND',
          conditions: [
            { operator: 'has_tag', value: 7 },
            { field: 'n', operator: '<', value: 2_000 },
          ],
        },
      },
      { id: 7, rule: { field: 'part', operator: '=', value: 3 } },
    ];
    const two = (n: number): 'T' | 'F' | 'U' => {
      if (n % 100 >= 50) return 'F';
      return n % 2 === 1 ? 'U' : n % 50 > 10 ? 'T' : 'F';
    };

    test.each([
      [1_000_000, 1],
      [47, 2],
    ])('go by the results of the run, with %i users a shard and %i executors', async (shardRows, executors) => {
      const url = await databaseWith(`chain-${shardRows}`, chain);
      const words = ['--database', url, '--tables', tables, '--shard-rows', String(shardRows), '--executors', String(executors), '--json'];
      const ended = await run(['task-all', ...words]);
      const report = JSON.parse(ended.stdout) as RunReport;
      expect(report.tags.map(({ state }) => state)).toEqual(chain.map(({ id }) => (id === 4 ? 'failed' : 'succeeded')));
      const members = await membersOf(url);
      const like = (holds: (n: number) => boolean): string[] => numbers.filter(holds).map(name);
      expect(members.get(2)).toEqual(like((n) => two(n) === 'T'));
      expect(members.get(3)).toEqual(like((n) => two(n) === 'F'));
      expect(members.get(4)).toBeUndefined();
      expect(members.get(5)).toEqual(like(() => true));
      expect(members.get(6)).toEqual(like((n) => n % 100 === 3 && n < 2_000));
    });

    test('go by what is stored where the run leaves the tag alone, and by hand before all', async () => {
      const url = await databaseWith('stored', chain);
      const place = ['--database', url, '--tables', tables, '--shard-rows', '500'];
      await ok(['task-tags', '--tag-ids', '7', ...place]);
      const path = url.slice('sqlite:'.length);
      const byHand = JSON.stringify({ 7: { tag_name: 'tag 7', source: 'MANUAL' } });
      await sqlite(path, `INSERT INTO user_tags (user_id, tag_ids, tag_details) VALUES ('${name(5)}', '[7]', '${byHand}')`);
      await sqlite(path, `DELETE FROM user_tags WHERE user_id = '${name(3)}'`);
      const six = (n: number): boolean => n < 2_000 && (n % 100 === 3 || n === 5);
      await ok(['task-tags', '--tag-ids', '6', ...place]);
      expect((await membersOf(url)).get(6)).toEqual(numbers.filter((n) => six(n) && n !== 3).map(name));
      await ok(['task-tags', '--tag-ids', '6,7', ...place]);
      expect((await membersOf(url)).get(6)).toEqual(numbers.filter(six).map(name));
    });

    test('do so over MariaDB, where executors merge by themselves', async () => {
      const mariadb = await startMariadb();
      try {
        await mariadb.createDatabase('wide');
        const url = await databaseWith(
          'mariadb',
          [...chain.filter(({ id }) => id !== 4 && id !== 5), { id: 8, rule: RULES[7]![0] }],
          mariadb.url('wide'),
        );
        const place = ['--database', url, '--tables', tables, '--shard-rows', '700', '--executors', '2'];
        await ok(['task-tags', '--tag-ids', '7', ...place]);
        await ok(['task-tags', '--tag-ids', '6,8', ...place]);
        await ok(['task-tags', '--tag-ids', '1,2,3', ...place]);
        const members = await membersOf(url);
        const like = (holds: (n: number) => boolean): string[] => numbers.filter(holds).map(name);
        expect(members.get(2)).toEqual(like((n) => two(n) === 'T'));
        expect(members.get(3)).toEqual(like((n) => two(n) === 'F'));
        expect(members.get(6)).toEqual(like((n) => n % 100 === 3 && n < 2_000));
        expect(members.get(8)).toEqual(like(RULES[7]![1]));
      } finally {
        await mariadb.stop();
      }
    });

    test('go by what is recorded of days gone by', async () => {
      const past = [
        { id: 7, rule: { field: 'part', operator: '=', value: 3 } },
        { id: 8, rule: { operator: 'had_tag_within', value: 7, days: 3 } },
        { id: 9, rule: { logic: 'NOT', conditions: [{ operator: 'had_tag_within', value: 7, days: 3 }] } },
      ];
      const url = await databaseWith('past', past);
      const place = ['--database', url, '--tables', tables, '--shard-rows', '500'];
      const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
      const run8 = ['task-tags', '--tag-ids', '8,9', ...place, '--as-of', tomorrow];
      await ok(['task-tags', '--tag-ids', '7', ...place]);
      await ok(run8);
      const seven = numbers.filter((n) => n % 100 === 3).map(name);
      const first = await membersOf(url);
      // What is recorded begins today: of everybody else nothing is known.
      expect([first.get(8), first.get(9)]).toEqual([seven, undefined]);
      const path = url.slice('sqlite:'.length);
      await sqlite(path, "UPDATE tagmill_changes SET created_time = '2026-01-01 00:00:00'");
      await sqlite(path, "UPDATE user_tags SET tag_ids = '[]', tag_details = '{}'");
      await ok(run8);
      const second = await membersOf(url);
      expect([second.get(8), second.get(9)?.length]).toEqual([undefined, USERS]);
    });
  });
});
