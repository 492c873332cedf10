/** What only a server can do to a merge: kill it, freeze it, fold its keys, go away and come back. */
import { fileURLToPath } from 'node:url';
import type { BatchPoint } from '@tagmill/executor/sinks/mysql/batch-record';
import { MysqlTagSink } from '@tagmill/executor/sinks/mysql/sink';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeMysqlWorld, type MysqlWorld } from '../../src/contracts/mysql-world.ts';
import { compact, expectRows, numbers } from '../../src/contracts/sink-contract.ts';
import {
  afterFreshRows,
  afterRows,
  batchesOf,
  collationConflicts,
  evaluation,
  makeCommand,
  makeJob,
  oracleTags,
} from '../../src/contracts/sink-fixtures.ts';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

const never = new AbortController().signal;
const tags = oracleTags();
const tag1 = tags.slice(0, 1);
const one = (userId: string, matched = true) => ({ user_id: userId, T: matched ? [1] : [], F: matched ? [] : [1], U: [] });

let server: MariadbServer;
let world: MysqlWorld;
beforeAll(async () => {
  server = await startMariadb();
  world = await makeMysqlWorld(server, 'faults');
});
afterAll(async () => {
  await world?.close();
  await server?.stop();
});
beforeEach(async () => {
  await world.clear();
});

/** Does something once, the first time a batch comes to the point. */
const once = (point: BatchPoint, act: () => Promise<unknown> | unknown) => {
  let done = false;
  return {
    at: async (reached: BatchPoint) => {
      if (reached !== point || done) return;
      done = true;
      await act();
    },
  };
};

describe('rows that others change in the middle of a batch', () => {
  it('a hand edit between read and lock is merged, not overwritten', async () => {
    await world.put([{ userId: 'u', tagIds: '[2]', tagDetails: null }]);
    const sink = await world.sink(once('read', () => world.setTags('u', '[2,777]', '{"777":{"source":"MANUAL"}}')));
    const result = await sink.merge(makeJob('edit', tag1), makeCommand(tag1), batchesOf([one('u')], tag1), never);
    expect(result.updated).toBe(1);
    const [row] = await world.rows();
    expect(compact(row?.tagIds)).toBe('[1,2,777]');
    expect(row?.tagDetails).toContain('MANUAL');
  });

  it.each([true, false])('a row inserted between read and write makes the batch start again (bulk %s)', async (bulk) => {
    const sink = await world.sink({ bulk, ...once('read', () => world.setTags('b', '[777]', null)) });
    const found = [one('a'), one('b'), one('c')];
    const result = await sink.merge(makeJob(`insert ${bulk}`, tag1), makeCommand(tag1), batchesOf(found, tag1), never);
    expect(result).toMatchObject({ inserted: 2, updated: 1 });
    expect((await world.rows()).map((row) => [row.userId, numbers(row.tagIds)])).toEqual([
      ['a', [1]],
      ['b', [1, 777]],
      ['c', [1]],
    ]);
  });

  it('a row deleted between read and lock makes the batch start again', async () => {
    await world.put([{ userId: 'u', tagIds: '[2]', tagDetails: null }]);
    const sink = await world.sink(once('read', () => world.query("DELETE FROM user_tags WHERE user_id = 'u'")));
    const result = await sink.merge(makeJob('delete', tag1), makeCommand(tag1), batchesOf([one('u')], tag1), never);
    expect(result.inserted).toBe(1);
  });

  it('an edit that holds a row locked is waited for, and kept', async () => {
    await world.put([{ userId: 'u', tagIds: '[2]', tagDetails: null }]);
    const hand = await import('mysql2/promise').then((mysql) => mysql.createConnection(server.url('faults')));
    await hand.query('START TRANSACTION');
    await hand.query("UPDATE user_tags SET tag_ids = '[2,777]' WHERE user_id = 'u'");
    const sink = await world.sink(once('read', () => void setTimeout(() => void hand.query('COMMIT'), 300)));
    await sink.merge(makeJob('locked', tag1), makeCommand(tag1), batchesOf([one('u')], tag1), never);
    await hand.end();
    expect(compact((await world.rows())[0]?.tagIds)).toBe('[1,2,777]');
  });
});

describe('connections and servers that go away', () => {
  it.each(['begun', 'read', 'locked', 'written'] as const)('a connection killed when %s: the batch is redone, once', async (point) => {
    const kill = async () => {
      const rows = await world.query('SELECT connection_id c FROM tagmill_shard_fence');
      await world.query(`KILL ${Number(rows[0]?.['c'])}`);
    };
    const sink = await world.sink(once(point, kill));
    const users = evaluation();
    const result = await sink.merge(makeJob('killed', tags), makeCommand(tags), batchesOf(users, tags, 7_000), never);
    expectRows(await world.rows(), afterFreshRows());
    expect(result.inserted).toBe(afterFreshRows().length);
    expect(await world.batchesDone()).toBe(3);
  });

  it('a commit whose answer is lost counts once', async () => {
    const lose = () => {
      throw Object.assign(new Error('lost'), { code: 'PROTOCOL_CONNECTION_LOST' });
    };
    const sink = await world.sink(once('committed', lose));
    const result = await sink.merge(makeJob('lost', tags), makeCommand(tags), batchesOf(evaluation(), tags, 7_000), never);
    expect(result.inserted).toBe(afterFreshRows().length);
    expectRows(await world.rows(), afterFreshRows());
    expect(await world.batchesDone()).toBe(3);
  });

  it('a server that dies in the middle and comes back loses nothing', async () => {
    let restarted: Promise<void> | undefined;
    const crash = async () => {
      await server.kill();
      restarted = server.restart();
    };
    const sink = await world.sink(once('written', crash));
    const result = await sink.merge(makeJob('crash', tags), makeCommand(tags), batchesOf(evaluation(), tags, 7_000), never);
    await restarted;
    expect(result.inserted).toBe(afterFreshRows().length);
    expectRows(await world.rows(), afterFreshRows());
  });

  it('a server that stays away ends in one clear error', async () => {
    const sink = new MysqlTagSink({ ...world.target, port: 1 }, { retryForMs: 300 });
    const merge = sink.merge(makeJob('away', tag1), makeCommand(tag1), batchesOf([one('u')], tag1), never);
    await expect(merge).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE', message: expect.stringContaining('127.0.0.1:1/faults') });
  });

  it('an attempt frozen inside its transaction is killed by the next one, and finds itself fenced', async () => {
    let wake: () => void = () => undefined;
    let frozen: () => void = () => undefined;
    const asleep = new Promise<void>((resolve) => {
      frozen = resolve;
    });
    const sleeping = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const slow = await world.sink(
      once('written', () => {
        frozen();
        return sleeping;
      }),
    );
    const quick = await world.sink();
    const found = batchesOf([one('u'), one('v')], tag1);
    const late = slow.merge(makeJob('frozen', tag1), makeCommand(tag1, 0, 1), found, never);
    const ended = late.then(
      () => 'merged',
      (error: { code?: string }) => error.code,
    );
    await asleep;
    const result = await quick.merge(makeJob('frozen', tag1), makeCommand(tag1, 0, 2), found, never);
    expect(result.inserted).toBe(2);
    wake();
    expect(await ended).toBe('FENCED');
    expect(await world.rows()).toHaveLength(2);
    expect(await world.batchesDone()).toBe(1);
  });
});

describe('keys that a collation holds equal', () => {
  it.each(['utf8mb4_general_ci', 'utf8mb4_unicode_ci', 'utf8mb4_bin'])(
    '%s: reported, never merged, the rest as it must be',
    async (collation) => {
      const folded = await makeMysqlWorld(server, 'folded');
      try {
        await folded.query(`ALTER TABLE user_tags MODIFY user_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE ${collation} NOT NULL`);
        const sink = await folded.sink();
        const expected = collationConflicts()[collation] ?? [];
        for (const runId of ['first', 'second']) {
          const result = await sink.merge(makeJob(runId, tags), makeCommand(tags), batchesOf(evaluation(), tags, 5_000), never);
          expect(result.conflicts.map((pair) => [...pair].sort().join(' ')).sort()).toEqual(
            expected.map((pair) => [...pair].sort().join(' ')).sort(),
          );
        }
        const rows = new Map((await folded.rows()).map((row) => [row.userId, numbers(row.tagIds)]));
        const lost = new Set(
          afterFreshRows()
            .map((row) => row.user_id)
            .filter((user) => !rows.has(user)),
        );
        const inConflict = new Set(expected.flat());
        expect([...lost].filter((user) => !inConflict.has(user))).toEqual([]);
        for (const row of afterFreshRows()) if (rows.has(row.user_id)) expect(rows.get(row.user_id), row.user_id).toEqual(row.tag_ids);
      } finally {
        await folded.close();
      }
    },
  );

  it('trailing spaces, which even utf8mb4_bin ignores: against rows, and among new users', async () => {
    await world.put([
      { userId: 'held', tagIds: '[5]', tagDetails: null },
      { userId: 'wide ', tagIds: '[5]', tagDetails: null },
    ]);
    const sink = await world.sink();
    const found = ['held ', 'new', 'new ', 'new  ', 'wide', 'zz'].map((user) => one(user));
    const result = await sink.merge(makeJob('pad', tag1), makeCommand(tag1), batchesOf(found, tag1), never);
    expect([...result.conflicts].sort()).toEqual([
      ['held ', 'held'],
      ['new  ', 'new'],
      ['new ', 'new'],
      ['wide', 'wide '],
    ]);
    expect((await world.rows()).map((row) => [row.userId, numbers(row.tagIds)])).toEqual([
      ['held', [5]],
      ['new', [1]],
      ['wide ', [5]],
      ['zz', [1]],
    ]);
  });
});

describe('the rows of an older program, as its own SQL wrote them', () => {
  it('gives the oracle row for row, and leaves the others as they are, byte for byte', async () => {
    await server.loadFile('faults', fileURLToPath(new URL('../../fixtures/sql/user_tags_before.sql', import.meta.url)));
    const before = new Map((await world.rows()).map((row) => [row.userId, row]));
    const sink = await world.sink();
    await sink.merge(makeJob('older', tags), makeCommand(tags), batchesOf(evaluation(), tags, 1_999), never);
    const rows = await world.rows();
    expectRows(rows, afterRows());
    const changed = new Map(afterRows().map((row) => [row.user_id, row.changed]));
    for (const row of rows) {
      const held = before.get(row.userId);
      if (held === undefined) continue;
      if (changed.get(row.userId) === true) expect(row.updatedTime, row.userId).not.toBe(held.updatedTime);
      else expect(row).toEqual(held);
    }
  });
});

describe('installations that refuse or lack something', () => {
  const attempt = (sink: MysqlTagSink, userId = 'u') =>
    sink.merge(makeJob(`refused ${Math.random()}`, tag1), makeCommand(tag1), batchesOf([one(userId)], tag1), never);

  it('a wrong password: DATABASE_DENIED, and the password is not shown', async () => {
    const sink = new MysqlTagSink({ ...world.target, password: 'not-it' });
    const error: Error & { code?: string } = await attempt(sink).then(
      () => new Error('merged'),
      (thrown: Error) => thrown,
    );
    expect(error.code).toBe('DATABASE_DENIED');
    expect(error.message).not.toContain('not-it');
  });

  it.each([
    ['ALTER TABLE user_tags DROP COLUMN tag_details', 'tag_details'],
    ['ALTER TABLE user_tags DROP INDEX uk_user_id', 'unique index on user_id'],
    ['DROP TABLE user_tags', 'no table user_tags'],
  ])('%s: DATABASE_SCHEMA naming it', async (change, named) => {
    const lacking = await makeMysqlWorld(server, 'lacking');
    try {
      await lacking.query(change);
      const sink = await lacking.sink();
      await expect(attempt(sink)).rejects.toMatchObject({ code: 'DATABASE_SCHEMA', message: expect.stringContaining(named) });
    } finally {
      await lacking.close();
    }
  });

  it.each([true, false])('a key longer than the column is never cut (bulk %s)', async (bulk) => {
    const sink = await world.sink({ bulk });
    await expect(attempt(sink, 'u'.repeat(101))).rejects.toMatchObject({
      code: 'DATABASE_SCHEMA',
      message: expect.stringContaining('101'),
    });
    expect(await world.rows()).toEqual([]);
  });

  it('a server without LOAD DATA LOCAL takes rows in inserts', async () => {
    await world.query('SET GLOBAL local_infile = 0');
    try {
      const sink = await world.sink();
      const result = await sink.merge(makeJob('no-infile', tags), makeCommand(tags), batchesOf(evaluation(), tags), never);
      expect(result.inserted).toBe(afterFreshRows().length);
      expectRows(await world.rows(), afterFreshRows());
    } finally {
      await world.query('SET GLOBAL local_infile = 1');
    }
  });

  it('integer keys: the column may be a number, and a run for some users reads only theirs', async () => {
    const numbered = await makeMysqlWorld(server, 'numbered');
    try {
      await numbered.query('ALTER TABLE user_tags MODIFY user_id BIGINT NOT NULL');
      await numbered.put([{ userId: '100', tagIds: '[2]', tagDetails: null }]);
      const job = { ...makeJob('numbers', tag1), keyType: 'int64' as const, users: { kind: 'list' as const, users: ['20', '100', '3'] } };
      const sink = await numbered.sink();
      const result = await sink.merge(job, makeCommand(tag1), batchesOf([one('20'), one('100'), one('3', false)], tag1), never);
      expect(result).toMatchObject({ inserted: 1, updated: 1, unchanged: 1 });
      expect((await numbered.rows()).map((row) => [row.userId, numbers(row.tagIds)])).toEqual([
        ['100', [1, 2]],
        ['20', [1]],
      ]);
    } finally {
      await numbered.close();
    }
  });
});
