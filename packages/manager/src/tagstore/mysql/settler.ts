/** The connection on which shards are settled: what it asks of the tables, in one statement each for many shards. */
import type { MysqlTarget } from '@tagmill/shared/database-url';
import { isErrno } from '@tagmill/shared/sinks/mysql-errors';
import mysql from 'mysql2/promise';
import type { SettleRequest } from '../ledger.ts';
import type { BatchDone } from '../shard-sum.ts';
import { numberOf, type SqlRow, textOf } from '../sql-database.ts';
import { connectionOptions } from './connection.ts';

/** Seconds to wait for a row that an attempt holds. */
const LOCK_WAIT_S = 1;
/** A statement that takes longer hangs. */
const STATEMENT_TIMEOUT_MS = 15_000;

const SETTINGS = `SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = ${LOCK_WAIT_S}, autocommit = 1`;
const SHARDS = 'run_id = ? AND pass = ? AND shard IN (?)';
const LOWER = '(term < ? OR (term = ? AND token < ?))';
// Connection 0: nobody ends a connection of the manager for holding a shard.
const RAISE = `UPDATE tagmill_shard_fence SET term = ?, token = ?, connection_id = 0, claimed_time = claimed_time WHERE ${SHARDS} AND ${LOWER}`;

export class Settler {
  readonly #connection: mysql.Connection;

  private constructor(connection: mysql.Connection) {
    this.#connection = connection;
  }

  /** Connects; rejects with the driver's error. */
  static async open(target: MysqlTarget): Promise<Settler> {
    const connection = await mysql.createConnection({ ...connectionOptions(target), database: target.database });
    // The statement under way is told by its own promise.
    connection.on('error', () => undefined);
    try {
      await connection.query(SETTINGS);
      await connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
      return new Settler(connection);
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  close(): void {
    this.#connection.destroy();
  }

  async create(tables: readonly string[]): Promise<void> {
    for (const statement of tables) await this.#query(statement);
  }

  /**
   * Raises the fences of these shards, in a transaction that waits for nobody.
   * Resolves to the shards that could not be raised: somebody is inside a
   * transaction that holds their row.
   */
  async raise(request: SettleRequest, shards: readonly number[]): Promise<number[]> {
    const { runId, pass, term, token } = request;
    const lower = await this.#lower(request, shards);
    if (lower.length === 0) return [];
    await this.#query('START TRANSACTION');
    const free = await this.#rows(`SELECT shard FROM tagmill_shard_fence WHERE ${SHARDS} FOR UPDATE SKIP LOCKED`, [runId, pass, lower]);
    const mine = free.map((row) => numberOf(row['shard']));
    if (mine.length > 0) await this.#query(RAISE, [term, token, runId, pass, mine, term, term, token]);
    await this.#query('COMMIT');
    const raised = new Set(mine);
    return lower.filter((shard) => !raised.has(shard));
  }

  /**
   * Raises the fence of one shard, in its turn behind whoever holds it: an
   * attempt that comes back again and again is passed all the same. False when
   * it was held all the while.
   */
  async raiseInTurn(request: SettleRequest, shard: number): Promise<boolean> {
    const { runId, pass, term, token } = request;
    try {
      await this.#query(RAISE, [term, token, runId, pass, [shard], term, term, token]);
      return true;
    } catch (error) {
      if (isErrno(error, 1205)) return false;
      throw error;
    }
  }

  /**
   * Ends the connections that hold these shards, by their number in the fence
   * row. Rejects when the server does not let this user.
   */
  async killHolders(request: SettleRequest, shards: readonly number[]): Promise<void> {
    const { runId, pass, term, token } = request;
    const holders = await this.#rows(
      `SELECT DISTINCT connection_id FROM tagmill_shard_fence WHERE ${SHARDS} AND ${LOWER} AND connection_id <> 0`,
      [runId, pass, shards, term, term, token],
    );
    for (const holder of holders) {
      try {
        await this.#query(`KILL ${numberOf(holder['connection_id'])}`);
      } catch (error) {
        // 1094: it is gone already.
        if (!isErrno(error, 1094)) throw error;
      }
    }
  }

  /** The batches that are done, by shard. */
  async batches(request: SettleRequest, shards: readonly number[]): Promise<Map<number, BatchDone[]>> {
    const rows = await this.#rows(`SELECT shard, batch, piece_hash, counts FROM tagmill_batch_done WHERE ${SHARDS}`, [
      request.runId,
      request.pass,
      shards,
    ]);
    const found = new Map<number, BatchDone[]>();
    for (const row of rows) {
      const shard = numberOf(row['shard']);
      const batch = { batch: numberOf(row['batch']), pieceHash: textOf(row['piece_hash']), counts: textOf(row['counts']) };
      const others = found.get(shard);
      if (others === undefined) found.set(shard, [batch]);
      else others.push(batch);
    }
    return found;
  }

  /** Those whose fence is lower than the request's; rows that are missing are made, with its fence. */
  async #lower(request: SettleRequest, shards: readonly number[]): Promise<number[]> {
    const { runId, pass, term, token } = request;
    const rows = await this.#rows(`SELECT shard, ${LOWER} AS lower FROM tagmill_shard_fence WHERE ${SHARDS}`, [
      term,
      term,
      token,
      runId,
      pass,
      shards,
    ]);
    const known = new Map(rows.map((row) => [numberOf(row['shard']), numberOf(row['lower']) === 1]));
    const missing = shards.filter((shard) => !known.has(shard));
    if (missing.length > 0) {
      // One that an attempt makes at this moment is left as it is, and looked at again.
      const values = missing.map((shard) => [runId, pass, shard, term, token, 0]);
      await this.#query('INSERT IGNORE INTO tagmill_shard_fence (run_id, pass, shard, term, token, connection_id) VALUES ?', [values]);
      return shards.filter((shard) => known.get(shard) !== false);
    }
    return shards.filter((shard) => known.get(shard) === true);
  }

  async #rows(sql: string, values: unknown[]): Promise<SqlRow[]> {
    return (await this.#query(sql, values)) as SqlRow[];
  }

  async #query(sql: string, values: unknown[] = []): Promise<unknown> {
    const [result] = await this.#connection.query({ sql, values, timeout: STATEMENT_TIMEOUT_MS });
    return result;
  }
}
