/** The databases that the whole job writes into. */
import { execFile } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startMariadb } from '../../packages/testkit/src/mariadb.ts';
import { tagmill } from './tagmill.ts';

const run = promisify(execFile);

export interface Target {
  readonly name: 'mariadb' | 'sqlite';
  /** As `--database` takes it. */
  readonly url: string;
  /** No row in user_tags, no trace of a run. */
  clear(): Promise<void>;
  /** Waits until the server has written what earlier measurements left it: none pays for another. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export interface MariadbTarget extends Target {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly socket: string;
  /** Runs statements by the mariadb client and gives what they print. */
  sql(statements: string): Promise<string>;
}

const DATABASE = 'bench';
const BUFFER_POOL_BYTES = 4 * 1024 ** 3;
/** Durable at each commit, and enough memory and log that neither side waits for them; the same for all. */
const SETTINGS = ['--innodb-flush-log-at-trx-commit=1', '--innodb-log-file-size=2G', '--max-allowed-packet=64M', '--local-infile=1'];
export const MARIADB_SETTINGS = `innodb_flush_log_at_trx_commit=1, innodb_doublewrite=1, innodb_buffer_pool_size=4 GiB, innodb_log_file_size=2 GiB, no binary log`;

const CLEAR = ['user_tags', 'tagmill_shard_fence', 'tagmill_batch_done', 'tagmill_changes'];
const SETTLED_PAGES = 500;
const SETTLE_TRIES = 600;

/** A server of its own with the tables of `db init` and the rules of `rulesFile`. */
export async function mariadbTarget(rulesFile: string, tiny: boolean): Promise<MariadbTarget> {
  const server = await startMariadb({ ...(tiny ? {} : { bufferPoolBytes: BUFFER_POOL_BYTES, args: SETTINGS }) });
  const sql = async (statements: string): Promise<string> => {
    const args = [
      '--no-defaults',
      '--local-infile=1',
      '--skip-column-names',
      `--socket=${server.socket}`,
      '--user=root',
      DATABASE,
      '-e',
      statements,
    ];
    const { stdout } = await run('mariadb', args);
    return stdout.trim();
  };
  try {
    await server.createDatabase(DATABASE);
    const url = server.url(DATABASE);
    await tagmill(['db', 'init', '--database', url]);
    await tagmill(['rules', 'import', rulesFile, '--database', url]);
    return {
      name: 'mariadb',
      url,
      port: server.port,
      user: server.user,
      password: server.password,
      database: DATABASE,
      socket: server.socket,
      sql,
      clear: async () => {
        const there = new Set((await sql('SHOW TABLES')).split('\n'));
        await sql(
          CLEAR.filter((table) => there.has(table))
            .map((table) => `TRUNCATE ${table}`)
            .join(';'),
        );
      },
      settle: () => settle(sql),
      close: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function settle(sql: MariadbTarget['sql']): Promise<void> {
  const before = await sql('SELECT @@global.innodb_max_dirty_pages_pct');
  await sql('SET GLOBAL innodb_max_dirty_pages_pct = 0');
  for (let tries = 0; tries < SETTLE_TRIES; tries += 1) {
    const pages = Number((await sql("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")).split('\t')[1]);
    if (pages < SETTLED_PAGES) break;
    await sleep(200);
  }
  await sql(`SET GLOBAL innodb_max_dirty_pages_pct = ${before}`);
  await run('sync');
}

/** A file with the tables of `db init` and the rules of `rulesFile`. */
export async function sqliteTarget(directory: string, rulesFile: string): Promise<Target> {
  const empty = join(directory, 'empty.sqlite');
  const path = join(directory, 'tags.sqlite');
  await tagmill(['db', 'init', '--database', `sqlite:${empty}`]);
  await tagmill(['rules', 'import', rulesFile, '--database', `sqlite:${empty}`]);
  return {
    name: 'sqlite',
    url: `sqlite:${path}`,
    clear: async () => {
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
      copyFileSync(empty, path);
    },
    settle: async () => {
      await run('sync');
    },
    close: () => Promise.resolve(),
  };
}
