/** Uploaded lists, holders of tags and their history, on SQLite and on MariaDB. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TagMetadata } from '@tagmill/manager/tagstore/metadata';
import { openMetadata } from '@tagmill/manager/tagstore/open';
import { encodeChanges } from '@tagmill/shared/merge/change-recorder';
import Sqlite from 'better-sqlite3';
import mysql from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

interface Place {
  readonly url: string;
  run(sql: string, values?: readonly (string | number | Buffer | null)[]): Promise<unknown>;
  close(): Promise<void>;
}

let server: MariadbServer;
let directory: string;
let made = 0;
beforeAll(async () => {
  server = await startMariadb();
  directory = await mkdtemp(join(tmpdir(), 'tagmill-lists-'));
});
afterAll(async () => {
  await server?.stop();
  await rm(directory, { recursive: true, force: true });
});

async function sqlitePlace(): Promise<Place> {
  const path = join(directory, `${made++}.db`);
  const database = new Sqlite(path, { timeout: 5_000 });
  return {
    url: `sqlite:${path}`,
    run: async (sql, values = []) => database.prepare(sql).run(...values),
    close: async () => void database.close(),
  };
}

async function mysqlPlace(): Promise<Place> {
  const name = `lists_${made++}`;
  await server.createDatabase(name);
  const connection = await mysql.createConnection({ uri: server.url(name), charset: 'utf8mb4_bin', timezone: 'Z' });
  await connection.query("SET time_zone = '+00:00'");
  return {
    url: server.url(name),
    run: async (sql, values = []) => connection.query(sql, [...values]),
    close: () => connection.end(),
  };
}

describe.each([
  ['SQLite', sqlitePlace],
  ['MariaDB', mysqlPlace],
] as const)('on %s', (_, makePlace) => {
  let place: Place;
  let metadata: TagMetadata;
  beforeEach(async () => {
    place = await makePlace();
    metadata = openMetadata(place.url, {});
    await metadata.init();
  });
  afterEach(async () => {
    await metadata?.close();
    await place?.close();
  });

  const put = (name: string, values: readonly string[], type: 'string' | 'int64' = 'string', atMs = 1) =>
    metadata.lists.put({ name, type, values, who: 'ann', atMs });

  it('a list keeps each value once, in order, whatever is in it', async () => {
    const odd = ['b', '', 'a\nb', "o'hara", '\\', '用户😀', 'b', ' a', '～'];
    const row = await put('odd', odd);
    expect(row.count).toBe(8);
    expect(await metadata.lists.all()).toEqual([row]);
    const sorted = [...new Set(odd)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(await metadata.lists.values(row.hash)).toEqual(sorted);
    expect((await put('other', [...odd].reverse())).hash).toBe(row.hash);
  });

  it('a name gets other values; what was pinned before is still there', async () => {
    const first = await put('vip', ['+7', '007', '-0', '9223372036854775807'], 'int64');
    expect(await metadata.lists.values(first.hash)).toEqual(['0', '7', '9223372036854775807']);
    const second = await put('vip', [], 'int64');
    expect(second.count).toBe(0);
    expect(await metadata.lists.values(second.hash)).toEqual([]);
    expect(await metadata.lists.values(first.hash)).toHaveLength(3);
    expect((await metadata.lists.all()).map(({ name, count }) => [name, count])).toEqual([['vip', 0]]);
    expect([await metadata.lists.drop('vip'), await metadata.lists.drop('vip')]).toEqual([true, false]);
    expect(await metadata.lists.values('0'.repeat(64))).toBeUndefined();
  });

  it('refuses what the type does not hold, and forgets contents that nobody names after their time', async () => {
    await expect(put('x', ['9223372036854775808'], 'int64')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(put('x', ['1.5'], 'int64')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(put('x', ['a'.repeat(1_025)])).rejects.toMatchObject({ code: 'USAGE' });
    const old = await put('x', ['old']);
    await put('x', ['new'], 'string', 2);
    await put('x', ['newest'], 'string', 100 * 86_400_000);
    expect(await metadata.lists.values(old.hash)).toBeUndefined();
  });

  it('a long list lies in several parts', async () => {
    const values = Array.from({ length: 60_000 }, (__, at) => `user_${String(at).padStart(8, '0')}`);
    const row = await put('long', values);
    expect(await metadata.lists.values(row.hash)).toEqual(values);
  });

  it('finds who holds a tag, and who by hand', async () => {
    const manual = JSON.stringify({ 5: { source: 'MANUAL' }, 15: { source: 'AUTO' } });
    await place.run('INSERT INTO user_tags (user_id, tag_ids, tag_details) VALUES (?, ?, ?)', ['b', '[5,15]', manual]);
    await place.run('INSERT INTO user_tags (user_id, tag_ids, tag_details) VALUES (?, ?, ?)', ['a', '[15, 51]', null]);
    await place.run('INSERT INTO user_tags (user_id, tag_ids, tag_details) VALUES (?, ?, ?)', ['c', '[]', '{}']);
    const found: unknown[] = [];
    await metadata.eachHolder([5, 15, 1], ({ tag, userId, byHand }) => void found.push([userId, tag, byHand]));
    expect(found).toEqual([
      ['a', 15, false],
      ['b', 5, true],
      ['b', 15, false],
    ]);
  });

  it('finds who held a tag in a time, by the record and by what is held now', async () => {
    const change = (userId: string, entered: number[], exited: number[]) => ({
      userId,
      entered,
      exited,
      exitedEntries: exited.map(() => null),
    });
    const record = async (day: number, users: ReturnType<typeof change>[]): Promise<void> => {
      const block = encodeChanges({ ruleVersions: new Map([[5, 1]]), users });
      await place.run(
        'INSERT INTO tagmill_changes (run_id, pass, shard, batch, users, first_user, last_user, block, created_time) VALUES (?, 1, 0, 0, 1, ?, ?, ?, ?)',
        [`r${day}`, 'a', 'z', block, `2026-11-${String(day).padStart(2, '0')} 12:00:00`],
      );
    };
    await record(10, [change('always', [5], []), change('lost', [5], []), change('long ago', [5], [])]);
    await record(12, [change('long ago', [], [5])]);
    await record(16, [change('lost', [], [5]), change('came', [5], []), change('other', [6], [])]);
    await record(20, [change('later', [5], []), change('came', [], [5]), change('gave up later', [], [5])]);
    for (const user of ['always', 'later']) await place.run('INSERT INTO user_tags (user_id, tag_ids) VALUES (?, ?)', [user, '[5]']);
    const at = (day: number): number => Date.parse(`2026-11-${day}T00:00:00Z`);
    const asked = [
      { tag: 5, days: 3, fromMs: at(15), toMs: at(18) },
      { tag: 5, days: 1, fromMs: at(17), toMs: at(18) },
      { tag: 5, days: 30, fromMs: at(15) - 20 * 86_400_000, toMs: at(30) },
    ];
    const found = await metadata.historyOf(asked, new Map([[5, ['always', 'later']]]));
    const sorted = found.map(({ users, whole }) => [[...users].sort(), whole]);
    // Who gave the tag up on the 20th without a record of getting it held it before all that is recorded.
    expect(sorted).toEqual([
      [['always', 'came', 'gave up later', 'lost'], true],
      [['always', 'came', 'gave up later'], true],
      [['always', 'came', 'gave up later', 'later', 'long ago', 'lost'], false],
    ]);
  });
});
