/** A database of a MariaDB server as the sink contract meddles with it. */
import { fileURLToPath } from 'node:url';
import { MysqlTagSink, type MysqlSinkOptions } from '@tagmill/executor/sinks/mysql/sink';
import { type MysqlTarget, parseDatabaseUrl } from '@tagmill/shared/database-url';
import { MYSQL_SINK_TABLES } from '@tagmill/shared/sinks/mysql-tables';
import { MysqlShardLedger } from '@tagmill/manager/tagstore/mysql/ledger';
import mysql from 'mysql2/promise';
import type { MariadbServer } from '../mariadb.ts';
import { frozenAttempt, makeGate, outcome } from './frozen.ts';
import type { NewRow, SinkWorld, StoredRow } from './sink-contract.ts';

const SCHEMA = fileURLToPath(new URL('../../fixtures/sql/mysql.sql', import.meta.url));

export interface MysqlWorld extends SinkWorld {
  readonly target: MysqlTarget;
  sink(options?: MysqlSinkOptions): Promise<MysqlTagSink>;
  /** Any statement, on a connection of its own. */
  query(sql: string, values?: (string | number | null)[]): Promise<Record<string, unknown>[]>;
}

/** A fresh database with the oracle's schema. */
export async function makeMysqlWorld(server: MariadbServer, database: string, sinkOptions: MysqlSinkOptions = {}): Promise<MysqlWorld> {
  await server.createDatabase(database);
  await server.loadFile(database, SCHEMA);
  const target = parseDatabaseUrl(server.url(database)) as MysqlTarget;
  const pool = mysql.createPool({
    host: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database,
    timezone: 'Z',
    dateStrings: true,
    charset: 'utf8mb4_bin',
    connectionLimit: 3,
  });
  pool.pool.on('connection', (connection: { query(sql: string): void }) => {
    connection.query("SET time_zone = '+00:00'");
  });
  const sinks: MysqlTagSink[] = [];
  const query: MysqlWorld['query'] = async (sql, values = []) => {
    const [rows] = await pool.query(sql, values);
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  };
  for (const statement of MYSQL_SINK_TABLES) await query(statement);
  return {
    target,
    query,
    async sink(options) {
      const sink = new MysqlTagSink(target, { ...sinkOptions, ...options });
      sinks.push(sink);
      return sink;
    },
    async clear() {
      for (const table of ['user_tags', 'tagmill_shard_fence', 'tagmill_batch_done', 'tagmill_changes'])
        await query(`DELETE FROM ${table}`);
    },
    async put(rows: readonly NewRow[]) {
      if (rows.length === 0) return;
      const values = rows.map((row) => [row.userId, row.tagIds, row.tagDetails, '2026-01-05 08:00:00', '2026-01-06 08:00:00']);
      await pool.query('INSERT INTO user_tags (user_id, tag_ids, tag_details, created_time, updated_time) VALUES ?', [values]);
    },
    async setTags(userId, tagIds, tagDetails) {
      await query(
        `INSERT INTO user_tags (user_id, tag_ids, tag_details, updated_time) VALUES (?, ?, ?, '2026-02-02 08:00:00')
         ON DUPLICATE KEY UPDATE tag_ids = VALUES(tag_ids), tag_details = VALUES(tag_details), updated_time = VALUES(updated_time)`,
        [userId, tagIds, tagDetails],
      );
    },
    async rows() {
      const rows = await query(
        'SELECT user_id, CAST(tag_ids AS CHAR) tag_ids, CAST(tag_details AS CHAR) tag_details, created_time, updated_time FROM user_tags ORDER BY BINARY user_id',
      );
      return rows.map(storedRow);
    },
    async remove(userId) {
      await query('DELETE FROM user_tags WHERE user_id = ?', [userId]);
    },
    ledger: new MysqlShardLedger(target),
    async frozenMerge(point, at, job, command, batches) {
      const gate = makeGate();
      let times = -1;
      const slow = new MysqlTagSink(target, {
        ...sinkOptions,
        at: async (reached) => {
          if (reached === point && ++times === at) await gate.pass();
        },
      });
      sinks.push(slow);
      const ended = outcome(slow.merge(job, command, batches, new AbortController().signal));
      return frozenAttempt(gate.reached, gate.open, ended);
    },
    async rewriteBlocks(change) {
      for (const row of await query('SELECT run_id, pass, shard, batch, block FROM tagmill_changes')) {
        await pool.query('UPDATE tagmill_changes SET block = ? WHERE run_id = ? AND pass = ? AND shard = ? AND batch = ?', [
          Buffer.from(change(row['block'] as Uint8Array)),
          row['run_id'],
          row['pass'],
          row['shard'],
          row['batch'],
        ]);
      }
    },
    async changeBlocks() {
      return (await query('SELECT block FROM tagmill_changes')).map((row) => row['block'] as Uint8Array);
    },
    async batchesDone() {
      return Number((await query('SELECT COUNT(*) n FROM tagmill_batch_done'))[0]?.['n']);
    },
    async close() {
      for (const sink of sinks) await sink.close();
      await pool.end();
    },
  };
}

const storedRow = (row: Record<string, unknown>): StoredRow => ({
  userId: String(row['user_id']),
  tagIds: String(row['tag_ids']),
  tagDetails: row['tag_details'] === null ? null : String(row['tag_details']),
  createdTime: row['created_time'] === null ? null : String(row['created_time']),
  updatedTime: row['updated_time'] === null ? null : String(row['updated_time']),
});
