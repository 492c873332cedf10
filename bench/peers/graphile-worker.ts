/** graphile-worker on a PostgreSQL of its own: durable at each commit, as its documentation tunes it for throughput. */
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOf } from '../lib/processes.ts';
import { type OpenSide, ownCpuSeconds, type Side } from '../lib/side.ts';
import { importPackage, INSTALL, packageIsThere } from './npm-package.ts';
import { PrivateServer } from './private-server.ts';
import { WorkerGroup } from './worker-group.ts';

const MAIN = fileURLToPath(new URL('./graphile-worker-main.ts', import.meta.url));
const VERSIONS = '/usr/lib/postgresql';
const DATABASE = 'bench';
/** Jobs of one call of add_jobs: workers begin with the first while the next are added. */
const ADDED_AT_ONCE = 50_000;
const LOOK_MS = 5;
/** Durable (synchronous_commit and fsync are on), and enough memory and log that nothing waits for a checkpoint. */
const POSTGRES_SETTINGS = [
  'synchronous_commit=on',
  'fsync=on',
  'full_page_writes=on',
  'shared_buffers=1GB',
  'wal_buffers=64MB',
  'max_wal_size=8GB',
  'checkpoint_timeout=15min',
  'max_connections=200',
  'listen_addresses=',
];

interface PgPool {
  query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
  on(event: 'error', listener: () => void): void;
  end(): Promise<void>;
}
interface Pg {
  readonly default: { readonly Pool: new (options: { host: string; user: string; database: string; max: number }) => PgPool };
}
interface GraphileWorker {
  readonly runMigrations: (options: { readonly connectionString: string }) => Promise<void>;
}

/** Over the server's socket. */
const connectionString = (server: PrivateServer): string => `postgres://bench@/${DATABASE}?host=${encodeURIComponent(server.directory)}`;

/** Folder of the newest server's programs; undefined when none is installed. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a)).find((version) => existsSync(`${VERSIONS}/${version}/bin/initdb`));
  return newest === undefined ? undefined : `${VERSIONS}/${newest}/bin`;
}

export const graphileWorker = (processes: number, jobs: number): Side => ({
  name: 'graphile-worker',
  jobs,
  missing: () => {
    if (postgresPrograms() === undefined) return 'PostgreSQL is not installed; `apt-get install postgresql` brings it';
    return packageIsThere('graphile-worker') ? undefined : `its npm package is not installed; ${INSTALL}`;
  },
  open: () => open(processes),
});

async function open(processes: number): Promise<OpenSide> {
  const server = new PrivateServer('postgres', 'postgres');
  const closers: (() => Promise<void>)[] = [() => server.stop('SIGINT')];
  const close = async (): Promise<void> => {
    for (const one of closers.reverse()) await one();
  };
  try {
    startPostgres(server);
    const pool = await connect(server);
    closers.push(() => pool.end());
    const { runMigrations } = await importPackage<GraphileWorker>('graphile-worker');
    await runMigrations({ connectionString: connectionString(server) });
    const workers = await WorkerGroup.start(processes, MAIN, [connectionString(server)]);
    closers.push(() => workers.end());
    let added = 0;
    return {
      run: async (jobs) => {
        added += jobs;
        for (let left = jobs; left > 0; left -= ADDED_AT_ONCE) await addJobs(pool, Math.min(left, ADDED_AT_ONCE));
        await workers.untilDone(added);
        // A job that is done is deleted: once none is left, the last completion is committed.
        while (await anyJobs(pool)) await sleep(LOOK_MS);
      },
      cpuSeconds: () => cpuSecondsOf(server.pid) + workers.cpuSeconds + ownCpuSeconds(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function startPostgres(server: PrivateServer): void {
  const programs = postgresPrograms();
  const data = `${server.directory}/data`;
  server.run(`${programs}/initdb`, ['--pgdata', data, '--username', 'bench', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C']);
  const settings = POSTGRES_SETTINGS.flatMap((setting) => ['-c', setting]);
  server.start(`${programs}/postgres`, ['-D', data, '-k', server.directory, ...settings]);
}

async function connect(server: PrivateServer): Promise<PgPool> {
  const { default: pg } = await importPackage<Pg>('pg');
  const poolOf = (database: string): PgPool => {
    const pool = new pg.Pool({ host: server.directory, user: 'bench', database, max: 4 });
    // A connection may still hear that the server ends; what a query misses it says itself.
    pool.on('error', () => undefined);
    return pool;
  };
  const first = poolOf('postgres');
  for (let tries = 0; ; tries += 1) {
    try {
      await first.query(`CREATE DATABASE ${DATABASE}`);
      break;
    } catch (error) {
      if (tries === 300) throw error;
      await sleep(50);
    }
  }
  await first.end();
  return poolOf(DATABASE);
}

/** The function that its documentation names for many jobs at once. */
async function addJobs(pool: PgPool, jobs: number): Promise<void> {
  await pool.query(
    `SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
       SELECT ROW('noop', '{}', NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec FROM generate_series(1, $1::int)))`,
    [jobs],
  );
}

async function anyJobs(pool: PgPool): Promise<boolean> {
  const { rows } = await pool.query('SELECT EXISTS (SELECT FROM graphile_worker._private_jobs) AS left');
  return rows[0]?.['left'] === true;
}
