/** What other programs and a full disk do to the embedded tag store. */
import { spawnSync } from 'node:child_process';
import { toSqliteError } from '@tagmill/manager/tagstore/sqlite/open';
import { SqliteTagStoreClient } from '@tagmill/manager/tagstore/sqlite/client';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectRows, numbers } from '../../src/contracts/sink-contract.ts';
import { afterFreshRows, batchesOf, evaluation, makeCommand, makeJob, oracleTags } from '../../src/contracts/sink-fixtures.ts';
import { makeSqliteWorld, type SqliteWorld } from '../../src/contracts/sqlite-world.ts';

const never = new AbortController().signal;
const tag1 = oracleTags().slice(0, 1);
const one = (userId: string) => ({ user_id: userId, T: [1], F: [], U: [] });

let world: SqliteWorld;
beforeAll(async () => {
  world = await makeSqliteWorld();
});
afterAll(async () => {
  await world?.close();
});
beforeEach(async () => {
  await world.clear();
});

describe('the embedded tag store beside others', () => {
  it('waits for an edit that another program has not committed, and keeps it', async () => {
    await world.put([{ userId: 'u', tagIds: '[2]', tagDetails: null }]);
    const sink = await world.sink();
    world.database.exec("BEGIN IMMEDIATE; UPDATE user_tags SET tag_ids = '[2,777]' WHERE user_id = 'u'");
    const merge = sink.merge(makeJob('edit', tag1), makeCommand(tag1), batchesOf([one('u')], tag1), never);
    setTimeout(() => world.database.exec('COMMIT'), 200);
    expect((await merge).updated).toBe(1);
    expect(numbers((await world.rows())[0]!.tagIds)).toEqual([1, 2, 777]);
  });

  it('a lock that stays ends in one clear error', async () => {
    const client = await SqliteTagStoreClient.open(world.path, { retryForMs: 0 });
    world.database.exec('BEGIN IMMEDIATE');
    try {
      const merge = client.merge(makeJob('held', tag1), makeCommand(tag1), batchesOf([one('u')], tag1), never);
      await expect(merge).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringContaining('locked') });
    } finally {
      world.database.exec('COMMIT');
      await client.close();
    }
  });

  it('users that NOCASE holds equal are reported, never merged', async () => {
    const folded = await makeSqliteWorld();
    try {
      folded.database.exec('DROP TABLE user_tags');
      folded.database.exec(
        'CREATE TABLE user_tags (id INTEGER PRIMARY KEY, user_id TEXT COLLATE NOCASE UNIQUE, tag_ids TEXT, tag_details TEXT, created_time TEXT, updated_time TEXT)',
      );
      await folded.put([{ userId: 'Ann', tagIds: '[5]', tagDetails: null }]);
      const sink = await folded.sink();
      const result = await sink.merge(
        makeJob('fold', tag1),
        makeCommand(tag1),
        batchesOf(['ann', 'BOB', 'bob', 'zoe'].map(one), tag1),
        never,
      );
      expect(result.inserted).toBe(2);
      expect(result.conflicts).toEqual([
        ['ann', 'Ann'],
        ['bob', 'BOB'],
      ]);
      expect((await folded.rows()).map((row) => row.userId)).toEqual(['Ann', 'BOB', 'zoe']);
    } finally {
      await folded.close();
    }
  });

  it('a full disk is said so, and nothing of the batch stays', () => {
    const small = new Sqlite(':memory:');
    small.exec('CREATE TABLE t (x)');
    small.pragma('max_page_count = 3');
    let error: unknown;
    try {
      small.exec('INSERT INTO t VALUES (zeroblob(100000))');
    } catch (thrown) {
      error = thrown;
    }
    expect(toSqliteError(error, '/data/tags.db')).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining('/data/tags.db') });
    small.close();
  });

  it.each([
    ['a folder that does not exist', '/nowhere/at/all/tags.db', 'FILE_UNREADABLE'],
    ['a folder instead of a file', '/', 'DATABASE_DENIED'],
    ['a file that is no database', new URL(import.meta.url).pathname, 'DATABASE_SCHEMA'],
  ])('%s', async (_, path, code) => {
    await expect(SqliteTagStoreClient.open(path)).rejects.toMatchObject({ code });
  });

  it('is read and written by the sqlite3 program while it is open', async (context) => {
    if (spawnSync('sqlite3', ['--version']).error !== undefined) context.skip('sqlite3 is not installed');
    const sink = await world.sink();
    const tags = oracleTags();
    await sink.merge(makeJob('cli', tags), makeCommand(tags), batchesOf(evaluation(), tags), never);
    const sql = (text: string): string => spawnSync('sqlite3', [world.path, text], { encoding: 'utf8' }).stdout.trim();
    expect(Number(sql('SELECT COUNT(*) FROM user_tags'))).toBe(afterFreshRows().length);
    expect(sql("SELECT updated_time FROM user_tags WHERE user_id = '007'")).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    const first = afterFreshRows()[0]!;
    sql(`UPDATE user_tags SET tag_ids = '[]', tag_details = NULL WHERE user_id = '${first.user_id}'`);
    expect(sql('PRAGMA integrity_check')).toBe('ok');
    const again = await sink.merge(makeJob('cli again', tags), makeCommand(tags), batchesOf(evaluation(), tags), never);
    expect(again.updated).toBe(1);
    expectRows(await world.rows(), afterFreshRows());
  });
});
