/** Settling shards in ways that only a server knows: a commit that hangs, other users, tables that are not there, very many shards. */
import { MysqlShardLedger } from '@tagmill/manager/tagstore/mysql/ledger';
import type { SettleRequest } from '@tagmill/manager/tagstore/ledger';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeMysqlWorld, type MysqlWorld } from '../../src/contracts/mysql-world.ts';
import { batchesOf, makeCommand, makeJob, oracleTags } from '../../src/contracts/sink-fixtures.ts';
import { type MariadbServer, startMariadb } from '../../src/mariadb.ts';

const TAGS = oracleTags().slice(0, 1);
const FOUND = ['a', 'b', 'c', 'd'].map((user) => ({ user_id: user, T: [1], F: [], U: [] }));
const BATCHES = batchesOf(FOUND, TAGS, 2);
const request = (runId: string, over: Partial<SettleRequest> = {}): SettleRequest => ({
  runId,
  pass: 0,
  shards: [0],
  term: 1,
  token: 100,
  scope: [1],
  pieceHashes: null,
  ...over,
});

let server: MariadbServer;
let world: MysqlWorld;
beforeAll(async () => {
  server = await startMariadb();
  world = await makeMysqlWorld(server, 'settled');
});
afterAll(async () => {
  await world?.close();
  await server?.stop();
});
beforeEach(async () => {
  await world.clear();
});

const processes = async (state: string): Promise<Record<string, unknown>[]> =>
  (await world.query('SHOW FULL PROCESSLIST')).filter((row) => String(row['State']).includes(state) || String(row['Info']).includes(state));

const until = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise(setImmediate);
};

describe('a commit that is under way', () => {
  /** An attempt whose last COMMIT waits in the server, behind a lock that every commit needs. */
  async function hangingCommit(runId: string) {
    const attempt = await world.frozenMerge('written', 1, makeJob(runId, TAGS), makeCommand(TAGS), BATCHES);
    await attempt.frozen;
    const lock = await mysql.createConnection(server.url('settled'));
    await lock.query('FLUSH TABLES WITH READ LOCK');
    attempt.wake();
    await until(async () => (await processes('COMMIT')).some((row) => String(row['Info']) === 'COMMIT'));
    return { attempt, lock };
  }

  it('ends by itself while it is waited for, and counts', async () => {
    const { attempt, lock } = await hangingCommit('slow');
    const settled = world.ledger.settle(request('slow'));
    // The settling has come to the fence, which it cannot pass before the commit.
    await until(async () => (await processes('tagmill_shard_fence')).length > 0);
    await lock.query('UNLOCK TABLES');
    expect(await settled).toMatchObject([{ inserted: 4 }]);
    expect(await attempt.ended).toBe('merged');
    expect(await world.rows()).toHaveLength(4);
    await lock.end();
  });

  it('whose connection is ended in the middle counts or not, but never later', async () => {
    const { attempt, lock } = await hangingCommit('hung');
    const [holder] = await world.query('SELECT connection_id FROM tagmill_shard_fence');
    const settled = world.ledger.settle(request('hung'));
    await world.query(`KILL ${Number(holder?.['connection_id'])}`);
    await lock.query('UNLOCK TABLES');
    const [answer] = await settled;
    const rows = await world.rows();
    expect(rows).toHaveLength(answer === null ? 2 : 4);
    expect(await attempt.ended).toBe(answer === null ? 'FENCED' : 'merged');
    expect(await world.rows()).toEqual(rows);
    await lock.end();
  });
});

describe('servers and users', () => {
  it('an attempt of another user that holds the shard: says what to grant, and knows nothing', async () => {
    const root = await mysql.createConnection({ socketPath: server.socket, user: 'root' });
    await root.query("CREATE USER small@'127.0.0.1' IDENTIFIED BY 'pw'");
    await root.query("GRANT ALL ON settled.* TO small@'127.0.0.1'");
    const attempt = await world.frozenMerge('written', 0, makeJob('others', TAGS), makeCommand(TAGS), BATCHES);
    await attempt.frozen;
    const ledger = new MysqlShardLedger({ ...world.target, user: 'small', password: 'pw' }, { turns: 1 });
    await expect(ledger.settle(request('others'))).rejects.toMatchObject({
      code: 'DATABASE_DENIED',
      message: expect.stringContaining('CONNECTION ADMIN'),
    });
    attempt.wake();
    expect(await attempt.ended).toBe('merged');
    expect(await ledger.settle(request('others'))).toMatchObject([{ inserted: 4 }]);
    await root.end();
  });

  it('a server that is away: DATABASE_UNAVAILABLE', async () => {
    const ledger = new MysqlShardLedger({ ...world.target, port: 1 });
    await expect(ledger.settle(request('away'))).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('a target that nobody has merged into: null, and an attempt that comes later is fenced', async () => {
    const fresh = await makeMysqlWorld(server, 'fresh');
    try {
      for (const table of ['shard_fence', 'batch_done', 'changes']) await fresh.query(`DROP TABLE tagmill_${table}`);
      expect(await fresh.ledger.settle(request('first'))).toEqual([null]);
      const late = (await fresh.sink()).merge(makeJob('first', TAGS), makeCommand(TAGS), BATCHES, new AbortController().signal);
      await expect(late).rejects.toMatchObject({ code: 'FENCED' });
    } finally {
      await fresh.close();
    }
  });

  it('two that settle the same shards at once agree', async () => {
    const shards = Array.from({ length: 300 }, (_, shard) => shard);
    await (await world.sink()).merge(makeJob('two', TAGS), makeCommand(TAGS, 7), BATCHES, new AbortController().signal);
    const both = await Promise.all([100, 101].map((token) => world.ledger.settle(request('two', { shards, token }))));
    for (const answers of both) expect(shards.filter((shard) => answers[shard] !== null)).toEqual([7]);
    const tokens = await world.query('SELECT DISTINCT token FROM tagmill_shard_fence');
    expect(tokens).toEqual([{ token: 101 }]);
  });
});

describe('many shards', () => {
  it('cost a few statements for each five hundred', async () => {
    const shards = Array.from({ length: 2_000 }, (_, shard) => shard);
    const counts = JSON.stringify({ last: true, users: 1, inserted: 1, updated: 0, unreadableRows: 0, conflicts: [], tags: [] });
    const rows = shards.filter((shard) => shard % 2 === 0).map((shard) => `('many', 0, ${shard}, 0, 1, 1, 'h', '${counts}')`);
    await world.query(
      `INSERT INTO tagmill_batch_done (run_id, pass, shard, batch, term, token, piece_hash, counts) VALUES ${rows.join(',')}`,
    );
    const asked = async (): Promise<number> => Number((await world.query("SHOW GLOBAL STATUS LIKE 'Questions'"))[0]?.['Value']);
    const before = await asked();
    const answers = await world.ledger.settle(request('many', { shards }));
    expect((await asked()) - before).toBeLessThan(60);
    expect(answers.filter((answer) => answer !== null)).toHaveLength(1_000);
  });
});
