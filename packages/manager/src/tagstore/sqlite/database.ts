/** SQLite for metadata: short statements on a connection of their own, never waiting inside the thread. */
import { setTimeout as sleep, setImmediate as nextTurn } from 'node:timers/promises';
import {
  SQLITE_LEADER_TABLE,
  SQLITE_LIST_TABLES,
  SQLITE_POLICY_TABLES,
  SQLITE_REVIEW_TABLE,
  SQLITE_SINK_TABLES,
  SQLITE_TAG_TABLES,
  SQLITE_VERSION_TABLE,
} from '@tagmill/shared/sinks/sqlite-tables';
import type { UserTagsRow } from '../metadata.ts';
import type { ChangeRow, DetailedRow, SqlDatabase, SqlDialect, SqlRow, SqlTransaction, SqlValue } from '../sql-database.ts';
import { textOrNull } from '../sql-database.ts';
import { isBusy, openSqlite, type SqliteDatabase, toSqliteError } from './open.ts';

const DIALECT: SqlDialect = {
  tables: [...SQLITE_TAG_TABLES, ...SQLITE_SINK_TABLES],
  leaderTable: SQLITE_LEADER_TABLE,
  versionTables: [SQLITE_VERSION_TABLE, SQLITE_REVIEW_TABLE],
  listTables: SQLITE_LIST_TABLES,
  policyTables: SQLITE_POLICY_TABLES,
  columnsOf: 'SELECT name FROM pragma_table_info(?)',
  insertIgnore: 'INSERT OR IGNORE',
  forUpdate: '',
  nowMs: "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)",
};

/** How long a statement is tried again while a merge or another program writes, milliseconds. */
const BUSY_FOR_MS = 20_000;
const BUSY_PAUSE_MS = 25;
/** Rows given out before other work of the thread gets its turn. */
const ROWS_A_TURN = 2_000;

/** Milliseconds since 1970 of `YYYY-MM-DD HH:MM:SS` in UTC. */
const timeOf = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);

export class SqliteMetadataDatabase implements SqlDatabase {
  readonly name: string;
  readonly dialect = DIALECT;
  readonly #path: string;
  readonly #database: SqliteDatabase;
  /** One after the other: a transaction of many steps must not take in another's statements. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
    this.name = `sqlite:${path}`;
    this.#database = openSqlite(path);
    // Waiting inside SQLite would stop the manager's loop; waiting is done outside.
    this.#database.pragma('busy_timeout = 0');
  }

  all(sql: string, values: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return this.#inTurn(() => this.#whenFree(() => this.#database.prepare(sql).all(...values) as SqlRow[]));
  }

  transaction<T>(work: (transaction: SqlTransaction) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await this.#whenFree(() => this.#database.exec('BEGIN IMMEDIATE'));
      try {
        const result = await work({
          all: async (sql, values = []) => this.#database.prepare(sql).all(...values) as SqlRow[],
          run: async (sql, values = []) => this.#database.prepare(sql).run(...values).changes,
        });
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
        throw toSqliteError(error, this.#path);
      }
    });
  }

  create(statements: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      for (const statement of statements) await this.#whenFree(() => this.#database.exec(statement));
    });
  }

  async *userTags(): AsyncIterable<UserTagsRow> {
    const sql = 'SELECT user_id, tag_ids FROM user_tags ORDER BY user_id COLLATE BINARY';
    for await (const [userId, tagIds] of this.#stream(sql)) yield { userId: textOrNull(userId) ?? '', tagIds: textOrNull(tagIds) };
  }

  async *detailedTags(where: string): AsyncIterable<DetailedRow> {
    const sql = `SELECT user_id, tag_ids, tag_details FROM user_tags WHERE ${where} ORDER BY user_id COLLATE BINARY`;
    for await (const [userId, tagIds, tagDetails] of this.#stream(sql))
      yield { userId: textOrNull(userId) ?? '', tagIds: textOrNull(tagIds), tagDetails: textOrNull(tagDetails) };
  }

  async historyBeginsMs(): Promise<number | null> {
    const [row] = await this.all('SELECT MIN(created_time) AS time FROM tagmill_changes');
    const time = textOrNull(row?.['time']);
    return time === null ? null : timeOf(time);
  }

  async *changeBlocks(sinceMs: number): AsyncIterable<ChangeRow> {
    const since = new Date(sinceMs).toISOString().slice(0, 19).replace('T', ' ');
    const sql = `SELECT created_time, block FROM tagmill_changes WHERE created_time >= '${since}' ORDER BY created_time DESC, run_id DESC, pass DESC`;
    for await (const [time, block] of this.#stream(sql)) yield { atMs: timeOf(String(time)), block: block as Uint8Array };
  }

  async *#stream(sql: string): AsyncIterable<readonly unknown[]> {
    // A connection of its own: this one is busy until the last row.
    const reader = openSqlite(this.#path);
    try {
      let given = 0;
      for (const row of reader.prepare(sql).raw().iterate()) {
        yield row as readonly unknown[];
        given += 1;
        if (given % ROWS_A_TURN === 0) await nextTurn();
      }
    } catch (error) {
      throw toSqliteError(error, this.#path);
    } finally {
      reader.close();
    }
  }

  async close(): Promise<void> {
    await this.#queue;
    this.#database.close();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    // The next in turn goes on whatever became of this one; its caller hears of it.
    this.#queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #whenFree<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + BUSY_FOR_MS;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw toSqliteError(error, this.#path);
      }
      await sleep(BUSY_PAUSE_MS);
    }
  }
}
