/** What only a server can do to a rollback: kill it, freeze it, edit a row between two of its statements. */
import type { BatchPoint } from '@tagmill/executor/sinks/mysql/batch-record';
import type { RollbackCommand } from '@tagmill/shared/job';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeGate, outcome } from '../../src/contracts/frozen.ts';
import { makeMysqlWorld, type MysqlWorld } from '../../src/contracts/mysql-world.ts';
import { compact } from '../../src/contracts/sink-contract.ts';
import { batchesOf, makeCommand, makeJob, oracleTags } from '../../src/contracts/sink-fixtures.ts';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

const never = new AbortController().signal;
const TAGS = oracleTags().slice(0, 2);
const JOB = makeJob('r', TAGS);
const USERS = ['a', 'b', 'c', 'd'];
const undoing = (token = 50): RollbackCommand => ({ shard: 0, tags: [1, 2], pass: 9, term: 1, token });

let server: MariadbServer;
let world: MysqlWorld;
beforeAll(async () => {
  server = await startMariadb();
  world = await makeMysqlWorld(server, 'undone');
});
afterAll(async () => {
  await world?.close();
  await server?.stop();
});

/** Two blocks: every user entered tag 1 and left tag 2. */
beforeEach(async () => {
  await world.clear();
  await world.put(USERS.map((userId) => ({ userId, tagIds: '[2,7]', tagDetails: '{"2":{"old":true}}' })));
  const found = USERS.map((user_id) => ({ user_id, T: [1], F: [2], U: [] }));
  await (await world.sink()).merge(JOB, makeCommand(TAGS), batchesOf(found, TAGS, 2), never);
});

const once = (point: BatchPoint, act: () => Promise<unknown>) => {
  let done = false;
  return {
    at: async (reached: BatchPoint) => {
      if (reached !== point || done) return;
      done = true;
      await act();
    },
  };
};

const held = async (): Promise<string[]> => (await world.rows()).map((row) => `${row.userId} ${compact(row.tagIds)}`);
const RESTORED = USERS.map((user) => `${user} [2,7]`);

describe('a rollback beside others', () => {
  it('undoes a row as it is under the lock: an edit right before it is kept', async () => {
    const sink = await world.sink(once('read', () => world.setTags('b', '[1,7,8]', '{"1":{"source":"MANUAL"}}')));
    expect(await sink.rollback(JOB, undoing(), never)).toMatchObject({ updated: 4, unchanged: 0 });
    expect(await held()).toEqual(['a [2,7]', 'b [1,2,7,8]', 'c [2,7]', 'd [2,7]']);
    expect((await world.rows())[1]?.tagDetails).toContain('MANUAL');
  });

  it('waits for an edit that holds a row locked', async () => {
    const hand = await mysql.createConnection(server.url('undone'));
    await hand.query('START TRANSACTION');
    await hand.query("UPDATE user_tags SET tag_ids = '[7,777]', tag_details = NULL WHERE user_id = 'c'");
    const sink = await world.sink(once('begun', async () => void setTimeout(() => void hand.query('COMMIT'), 300)));
    expect(await sink.rollback(JOB, undoing(), never)).toMatchObject({ updated: 4 });
    await hand.end();
    expect(await held()).toEqual(['a [2,7]', 'b [2,7]', 'c [2,7,777]', 'd [2,7]']);
  });

  it('a row deleted in the middle is left alone', async () => {
    const sink = await world.sink(once('read', () => world.remove('a')));
    expect(await sink.rollback(JOB, undoing(), never)).toMatchObject({ updated: 3, unchanged: 1 });
    expect(await held()).toEqual(RESTORED.slice(1));
  });
});

describe('a rollback that is ended', () => {
  it.each(['begun', 'read', 'locked', 'written', 'committed'] as const)(
    'with its connection, when %s: each block is undone once',
    async (point) => {
      const kill = async (): Promise<void> => {
        const [row] = await world.query('SELECT connection_id c FROM tagmill_shard_fence WHERE pass = 9');
        await world.query(`KILL ${Number(row?.['c'])}`);
      };
      const sink = await world.sink(once(point, kill));
      expect(await sink.rollback(JOB, undoing(), never)).toMatchObject({ updated: 4, unchanged: 0 });
      expect(await held()).toEqual(RESTORED);
      expect(await world.changeBlocks()).toHaveLength(4);
    },
  );

  it('with the server: goes on when that is back', async () => {
    let back: Promise<void> | undefined;
    const crash = async (): Promise<void> => {
      await server.kill();
      back = server.restart();
    };
    const sink = await world.sink(once('written', crash));
    expect(await sink.rollback(JOB, undoing(), never)).toMatchObject({ updated: 4 });
    await back;
    expect(await held()).toEqual(RESTORED);
  });

  it('by the next attempt, while it is frozen inside its transaction: finds itself fenced', async () => {
    const gate = makeGate();
    const slow = await world.sink(once('written', () => gate.pass()));
    const ended = outcome(slow.rollback(JOB, undoing(50), never));
    await gate.reached;
    const quick = await world.sink();
    expect(await quick.rollback(JOB, undoing(51), never)).toMatchObject({ updated: 4 });
    gate.open();
    expect(await ended).toBe('FENCED');
    expect(await held()).toEqual(RESTORED);
  });

  it('by a settling, while it is frozen: nothing of it comes later', async () => {
    const gate = makeGate();
    const slow = await world.sink(once('written', () => gate.pass()));
    const ended = outcome(slow.rollback(JOB, undoing(50), never));
    await gate.reached;
    const asked = { runId: 'r', pass: 9, shards: [0], term: 1, token: 60, scope: [1, 2], pieceHashes: null };
    expect(await world.ledger.settle(asked)).toEqual([null]);
    const settled = await held();
    gate.open();
    expect(await ended).toBe('FENCED');
    expect(await held()).toEqual(settled);
  });

  it('before a late attempt at the merge: which is ended, frozen inside its transaction as it is', async () => {
    await world.clear();
    const found = USERS.map((user_id) => ({ user_id, T: [1], F: [], U: [] }));
    const late = await world.frozenMerge('written', 1, JOB, makeCommand(TAGS), batchesOf(found, TAGS, 2));
    await late.frozen;
    expect(await (await world.sink()).rollback(JOB, undoing(), never)).toMatchObject({ updated: 2 });
    late.wake();
    expect(await late.ended).toBe('FENCED');
    expect(await held()).toEqual(['a []', 'b []']);
  });
});
