/** A target database as a test sees it: rows, changes and batches, looked at and meddled with behind Tagmill's back. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import mysql from 'mysql2/promise';
import type { MariadbServer } from '../mariadb.ts';
import { FIXTURES, run } from './command.ts';
import { rowsBefore, type StoredRow } from './oracle.ts';

export interface ChangeRow {
  readonly runId: string;
  readonly block: Uint8Array;
}

export interface Target {
  readonly url: string;
  rows(): Promise<StoredRow[]>;
  changes(): Promise<ChangeRow[]>;
  /** Batches that have been merged, over all runs. */
  batchesDone(): Promise<number>;
  /** Writes to `user_tags` since `watchWrites`, one entry a written row that was committed. */
  writes(): Promise<string[]>;
  watchWrites(): Promise<void>;
  /** What a person does: one tag more for a user, in one statement. */
  addByHand(userId: string, tag: number): Promise<void>;
  exec(sql: string): Promise<void>;
  close(): Promise<void>;
}

export type Start = 'empty' | 'before';
const OLD = ['2026-01-05 08:00:00', '2026-01-06 08:00:00'] as const;

/** The rules of the fixtures in a SQLite file, made once by the command line and copied for every database. */
export class SqliteTargets {
  readonly #directory = mkdtempSync(join(tmpdir(), 'tagmill-targets-'));
  #made = 0;

  get directory(): string {
    return this.#directory;
  }

  async make(from: Start): Promise<Target> {
    const template = join(this.#directory, 'template.sqlite');
    if (this.#made === 0) await makeTemplate(template);
    this.#made += 1;
    const path = join(this.#directory, `tags-${this.#made}.sqlite`);
    copyFileSync(template, path);
    return openSqlite(path, from);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function makeTemplate(path: string): Promise<void> {
  const { code, stderr } = await run([
    'rules',
    'import',
    `${FIXTURES}/rules/tag_rules.json`,
    '--database',
    `sqlite:${path}`,
    '--unchecked',
  ]);
  if (code !== 0) throw new Error(`the rules cannot be imported: ${stderr}`);
  // What stands in the write-ahead log would not be copied with the file.
  const database = new Sqlite(path);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

function openSqlite(path: string, from: Start): Target {
  const database = new Sqlite(path, { timeout: 20_000 });
  const insert = database.prepare(
    'INSERT INTO user_tags (user_id, tag_ids, tag_details, created_time, updated_time) VALUES (?, ?, ?, ?, ?)',
  );
  database.transaction(() => {
    if (from === 'empty') return;
    for (const row of rowsBefore()) {
      const details = row.tag_details === null ? null : JSON.stringify(row.tag_details);
      insert.run(row.user_id, JSON.stringify(row.tag_ids), details, ...OLD);
    }
  })();
  const all = <T>(sql: string): T[] => database.prepare(sql).all() as T[];
  return {
    url: `sqlite:${path}`,
    rows: async () =>
      all<StoredRow>(
        'SELECT user_id AS userId, tag_ids AS tagIds, tag_details AS tagDetails, created_time AS created, updated_time AS updated FROM user_tags ORDER BY user_id',
      ),
    changes: async () => all<ChangeRow>('SELECT run_id AS runId, block FROM tagmill_changes'),
    batchesDone: async () =>
      all("SELECT 1 FROM sqlite_master WHERE name = 'tagmill_batch_done'").length === 0
        ? 0
        : (all<{ n: number }>('SELECT COUNT(*) AS n FROM tagmill_batch_done')[0]?.n ?? 0),
    writes: async () => all<{ user_id: string }>('SELECT user_id FROM test_writes').map((row) => row.user_id),
    watchWrites: async () => {
      database.exec('CREATE TABLE test_writes (user_id TEXT)');
      for (const what of ['INSERT', 'UPDATE'])
        database.exec(
          `CREATE TRIGGER test_${what} AFTER ${what} ON user_tags BEGIN INSERT INTO test_writes (user_id) VALUES (NEW.user_id); END`,
        );
    },
    addByHand: async (userId, tag) => {
      database
        .prepare(
          `INSERT INTO user_tags (user_id, tag_ids) VALUES (?, json_array(?))
           ON CONFLICT (user_id) DO UPDATE SET tag_ids = json_insert(tag_ids, '$[#]', ?)`,
        )
        .run(userId, tag, tag);
    },
    exec: async (sql) => {
      database.exec(sql);
    },
    close: async () => {
      database.close();
    },
  };
}

/** A database of its own on the server, loaded as another program wrote it. */
export async function mariadbTarget(server: MariadbServer, name: string, from: Start): Promise<Target> {
  await server.createDatabase(name);
  await server.loadFile(name, `${FIXTURES}/sql/mysql.sql`);
  if (from === 'before') await server.loadFile(name, `${FIXTURES}/sql/user_tags_before.sql`);
  const pool = mysql.createPool({ uri: server.url(name), timezone: 'Z', dateStrings: true, charset: 'utf8mb4_bin', connectionLimit: 2 });
  const all = async <T>(sql: string): Promise<T[]> => (await pool.query(sql))[0] as T[];
  return {
    url: server.url(name),
    rows: () =>
      all<StoredRow>(
        'SELECT user_id AS userId, CAST(tag_ids AS CHAR) AS tagIds, CAST(tag_details AS CHAR) AS tagDetails, CAST(created_time AS CHAR) AS created, CAST(updated_time AS CHAR) AS updated FROM user_tags ORDER BY BINARY user_id',
      ),
    changes: () => all<ChangeRow>('SELECT run_id AS runId, block FROM tagmill_changes'),
    batchesDone: async () => {
      const there = await all(
        `SELECT 1 FROM information_schema.tables WHERE table_schema = '${name}' AND table_name = 'tagmill_batch_done'`,
      );
      return there.length === 0 ? 0 : Number((await all<{ n: number }>('SELECT COUNT(*) AS n FROM tagmill_batch_done'))[0]?.n);
    },
    writes: async () => (await all<{ user_id: string }>('SELECT user_id FROM test_writes')).map((row) => row.user_id),
    watchWrites: async () => {
      await pool.query('CREATE TABLE test_writes (user_id VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin) ENGINE=InnoDB');
      for (const what of ['INSERT', 'UPDATE'])
        await pool.query(
          `CREATE TRIGGER test_${what} AFTER ${what} ON user_tags FOR EACH ROW INSERT INTO test_writes (user_id) VALUES (NEW.user_id)`,
        );
    },
    addByHand: async (userId, tag) => {
      await pool.query(
        `INSERT INTO user_tags (user_id, tag_ids) VALUES (?, JSON_ARRAY(?))
         ON DUPLICATE KEY UPDATE tag_ids = JSON_ARRAY_APPEND(tag_ids, '$', ?)`,
        [userId, tag, tag],
      );
    },
    exec: async (sql) => {
      await pool.query(sql);
    },
    close: () => pool.end(),
  };
}
