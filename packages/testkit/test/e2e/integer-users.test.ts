/** Users that are integers: tables order them by value, a merge into MariaDB looks them up by bytes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { RunReport } from '@tagmill/shared/api/report';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { endAll, run } from '../../src/e2e/command.ts';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

const temp = mkdtempSync(join(tmpdir(), 'tagmill-integers-'));
const tables = join(temp, 'tables');
let mariadb: MariadbServer;

beforeAll(async () => {
  mariadb = await startMariadb();
  await mariadb.createDatabase('integers');
  mkdirSync(join(tables, 't/dt=2026-11-22'), { recursive: true });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const path = join(tables, 't/dt=2026-11-22/x.parquet');
  await connection.run(`COPY (SELECT range - 20 AS user_id, range AS n FROM range(1220)) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
});
afterEach(endAll);
afterAll(async () => {
  await mariadb?.stop();
  rmSync(temp, { recursive: true, force: true });
});

async function usersOf(least: number): Promise<RunReport['users']> {
  const place = ['--database', mariadb.url('integers'), '--tables', tables];
  const rules = join(temp, 'rules.json');
  const tag = { tag_id: 50, tag_name: 'many', tag_category: 'x', rule_conditions: { field: 'n', operator: '>=', value: least } };
  writeFileSync(rules, JSON.stringify({ tags: [tag] }));
  const imported = await run(['rules', 'import', rules, ...place]);
  expect(imported.code, imported.stderr).toBe(0);
  const ended = await run(['task-all', ...place, '--shard-rows', '500', '--executors', '1', '--json']);
  expect(ended.code, ended.stderr).toBe(0);
  return (JSON.parse(ended.stdout) as RunReport).users;
}

test('their rows are found again, changed where the rule changed, and left alone otherwise', async () => {
  expect(await usersOf(900)).toEqual({ evaluated: 1220, inserted: 320, updated: 0, unchanged: 900 });
  expect(await usersOf(900)).toEqual({ evaluated: 1220, inserted: 0, updated: 0, unchanged: 1220 });
  expect(await usersOf(1100)).toEqual({ evaluated: 1220, inserted: 0, updated: 200, unchanged: 1020 });
});
