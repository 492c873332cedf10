/** MySQL and MariaDB for metadata. */
import { describeDatabase, type MysqlTarget } from '@tagmill/shared/database-url';
import { failureKind, isErrno, toDatabaseError } from '@tagmill/shared/sinks/mysql-errors';
import {
  MYSQL_LEADER_TABLE,
  MYSQL_LIST_TABLES,
  MYSQL_POLICY_TABLES,
  MYSQL_REVIEW_TABLE,
  MYSQL_SINK_TABLES,
  MYSQL_TAG_TABLES,
  MYSQL_VERSION_TABLE,
} from '@tagmill/shared/sinks/mysql-tables';
import type { Connection as CoreConnection } from 'mysql2';
import mysql from 'mysql2/promise';
import type { UserTagsRow } from '../metadata.ts';
import {
  type ChangeRow,
  type DetailedRow,
  type SqlDatabase,
  type SqlDialect,
  type SqlRow,
  type SqlTransaction,
  type SqlValue,
  textOrNull,
} from '../sql-database.ts';
import { connectionOptions } from './connection.ts';

const DIALECT: SqlDialect = {
  tables: [...MYSQL_TAG_TABLES, ...MYSQL_SINK_TABLES],
  leaderTable: MYSQL_LEADER_TABLE,
  versionTables: [MYSQL_VERSION_TABLE, MYSQL_REVIEW_TABLE],
  listTables: MYSQL_LIST_TABLES,
  policyTables: MYSQL_POLICY_TABLES,
  columnsOf: 'SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?',
  insertIgnore: 'INSERT IGNORE',
  forUpdate: ' FOR UPDATE',
  nowMs: 'CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS SIGNED)',
};

const CONNECTIONS = 4;
const ROWS_AHEAD = 2_000;
/** A deadlock or a connection that the server closed while it was idle: tried so often. */
const TRIES = 3;

export class MysqlMetadataDatabase implements SqlDatabase {
  readonly name: string;
  readonly dialect = DIALECT;
  readonly #target: MysqlTarget;
  readonly #pool: mysql.Pool;

  constructor(target: MysqlTarget) {
    this.#target = target;
    this.name = describeDatabase(target);
    this.#pool = mysql.createPool({ ...connectionOptions(target), database: target.database, connectionLimit: CONNECTIONS, maxIdle: 1 });
    this.#pool.pool.on('connection', (connection: { query(sql: string): unknown }) => {
      connection.query("SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION'");
    });
  }

  async all(sql: string, values: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return await this.#again(async () => {
      const [rows] = await this.#pool.query(sql, [...values]);
      return rows as SqlRow[];
    });
  }

  async transaction<T>(work: (transaction: SqlTransaction) => Promise<T>): Promise<T> {
    return await this.#again(async () => {
      const connection = await this.#pool.getConnection();
      try {
        await connection.beginTransaction();
        const result = await work({
          all: async (sql, values = []) => (await connection.query(sql, [...values]))[0] as SqlRow[],
          run: async (sql, values = []) => ((await connection.query(sql, [...values]))[0] as mysql.ResultSetHeader).affectedRows,
        });
        await connection.commit();
        connection.release();
        return result;
      } catch (error) {
        // Closing it rolls back, whatever state it is in.
        connection.destroy();
        throw error;
      }
    });
  }

  async create(statements: readonly string[], database: boolean): Promise<void> {
    const run = (): Promise<void> =>
      this.#again(async () => {
        for (const statement of statements) await this.#pool.query(statement);
      });
    try {
      await run();
    } catch (error) {
      if (!database || !(error instanceof Error) || !isErrno(error.cause, 1049)) throw error;
      await this.#createDatabase();
      await run();
    }
  }

  async *userTags(): AsyncIterable<UserTagsRow> {
    const sql = 'SELECT user_id, CAST(tag_ids AS CHAR) FROM user_tags ORDER BY CAST(user_id AS BINARY)';
    for await (const [userId, tagIds] of this.#stream(sql)) yield { userId: textOrNull(userId) ?? '', tagIds: textOrNull(tagIds) };
  }

  async *detailedTags(where: string): AsyncIterable<DetailedRow> {
    const sql = `SELECT user_id, CAST(tag_ids AS CHAR), CAST(tag_details AS CHAR) FROM user_tags WHERE ${where} ORDER BY CAST(user_id AS BINARY)`;
    for await (const [userId, tagIds, tagDetails] of this.#stream(sql))
      yield { userId: textOrNull(userId) ?? '', tagIds: textOrNull(tagIds), tagDetails: textOrNull(tagDetails) };
  }

  async historyBeginsMs(): Promise<number | null> {
    const [row] = await this.all('SELECT UNIX_TIMESTAMP(MIN(created_time)) AS second FROM tagmill_changes');
    const second = row?.['second'];
    return second === null || second === undefined ? null : Number(second) * 1000;
  }

  async *changeBlocks(sinceMs: number): AsyncIterable<ChangeRow> {
    const sql = `SELECT UNIX_TIMESTAMP(created_time), block FROM tagmill_changes WHERE created_time >= FROM_UNIXTIME(${Math.max(0, Math.floor(sinceMs / 1000))}) ORDER BY created_time DESC, run_id DESC, pass DESC`;
    for await (const [second, block] of this.#stream(sql)) yield { atMs: Number(second) * 1000, block: block as Uint8Array };
  }

  async *#stream(sql: string): AsyncIterable<readonly unknown[]> {
    let connection: mysql.PoolConnection | undefined;
    try {
      connection = await this.#pool.getConnection();
      // Only the driver's own connection streams; its types hide it behind the promise's.
      const core = connection.connection as unknown as CoreConnection;
      const rows = core.query({ sql, rowsAsArray: true }).stream({ highWaterMark: ROWS_AHEAD });
      for await (const row of rows) yield row as readonly unknown[];
      connection.release();
      connection = undefined;
    } catch (error) {
      throw toDatabaseError(error, this.#target);
    } finally {
      // Rows that nobody wants any more end with their connection.
      connection?.destroy();
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #createDatabase(): Promise<void> {
    const connection = await mysql.createConnection(connectionOptions(this.#target));
    try {
      await connection.query(`CREATE DATABASE IF NOT EXISTS ${mysql.escapeId(this.#target.database, true)} CHARACTER SET utf8mb4`);
    } catch (error) {
      throw toDatabaseError(error, this.#target);
    } finally {
      connection.destroy();
    }
  }

  async #again<T>(work: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (failureKind(error) === 'fatal' || tries >= TRIES) throw toDatabaseError(error, this.#target);
      }
    }
  }
}
