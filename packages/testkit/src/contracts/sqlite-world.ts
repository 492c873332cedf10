/** An embedded tag store as the sink contract meddles with it, through a connection of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SqliteTagStoreClient } from '@tagmill/manager/tagstore/sqlite/client';
import { mergeJobOf } from '@tagmill/shared/merge/pass-tags';
import Sqlite from 'better-sqlite3';
import { frozenAttempt } from './frozen.ts';
import type { SinkWorld, StoredRow } from './sink-contract.ts';
import type { FrozenOrder } from './sqlite-frozen.ts';

export interface SqliteWorld extends SinkWorld {
  readonly path: string;
  /** Another program's connection to the file. */
  readonly database: Sqlite.Database;
}

export async function makeSqliteWorld(): Promise<SqliteWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'tagmill-sqlite-'));
  const path = join(directory, 'tags.db');
  const clients: SqliteTagStoreClient[] = [await SqliteTagStoreClient.open(path)];
  const workers: Worker[] = [];
  const database = new Sqlite(path, { timeout: 10_000 });
  return {
    path,
    database,
    async sink() {
      const client = await SqliteTagStoreClient.open(path);
      clients.push(client);
      return client;
    },
    async clear() {
      for (const table of ['user_tags', 'tagmill_shard_fence', 'tagmill_batch_done', 'tagmill_changes'])
        database.exec(`DELETE FROM ${table}`);
    },
    async put(rows) {
      const insert = database.prepare(
        'INSERT INTO user_tags (user_id, tag_ids, tag_details, created_time, updated_time) VALUES (?, ?, ?, ?, ?)',
      );
      database.transaction(() => {
        for (const row of rows) insert.run(row.userId, row.tagIds, row.tagDetails, '2026-01-05 08:00:00', '2026-01-06 08:00:00');
      })();
    },
    async setTags(userId, tagIds, tagDetails) {
      database
        .prepare(
          `INSERT INTO user_tags (user_id, tag_ids, tag_details, updated_time) VALUES (?, ?, ?, '2026-02-02 08:00:00')
           ON CONFLICT (user_id) DO UPDATE SET tag_ids = excluded.tag_ids, tag_details = excluded.tag_details, updated_time = excluded.updated_time`,
        )
        .run(userId, tagIds, tagDetails);
    },
    async rows() {
      return database
        .prepare(
          `SELECT user_id AS userId, tag_ids AS tagIds, tag_details AS tagDetails, created_time AS createdTime, updated_time AS updatedTime
           FROM user_tags ORDER BY user_id`,
        )
        .all() as StoredRow[];
    },
    async remove(userId) {
      database.prepare('DELETE FROM user_tags WHERE user_id = ?').run(userId);
    },
    ledger: clients[0]!,
    async frozenMerge(point, at, job, command, batches) {
      const gate = new Int32Array(new SharedArrayBuffer(4));
      const workerData: FrozenOrder = {
        path,
        job: mergeJobOf(job),
        command,
        batches,
        failpoint: `manager.tags.${point}`,
        time: at + 1,
        gate,
      };
      const worker = new Worker(new URL('./sqlite-frozen.ts', import.meta.url), { workerData });
      workers.push(worker);
      const frozen = Promise.withResolvers<void>();
      const ended = new Promise<string>((resolve, reject) => {
        worker.on('message', (said: string) => (said === 'frozen' ? frozen.resolve() : resolve(said)));
        worker.on('error', reject);
      });
      const wake = (): void => {
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
      };
      return frozenAttempt(frozen.promise, wake, ended);
    },
    async rewriteBlocks(change) {
      const update = database.prepare('UPDATE tagmill_changes SET block = ? WHERE rowid = ?');
      const rows = database.prepare('SELECT rowid AS id, block FROM tagmill_changes').all() as { id: number; block: Uint8Array }[];
      for (const { id, block } of rows) update.run(Buffer.from(change(block)), id);
    },
    async changeBlocks() {
      return database.prepare('SELECT block FROM tagmill_changes').pluck().all() as Uint8Array[];
    },
    async batchesDone() {
      return Number(database.prepare('SELECT COUNT(*) FROM tagmill_batch_done').pluck().get());
    },
    async close() {
      for (const client of clients) await client.close();
      for (const worker of workers) await worker.terminate();
      database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
