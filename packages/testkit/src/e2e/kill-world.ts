/**
 * A fleet with failpoints in every process, on small tables, for many kills and
 * many runs one after another: a manager and the executors `one` and `two`,
 * each of their connections through a proxy of its own, so that it can be cut.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InstanceRecord, RunRecord } from '@tagmill/shared/feed/views';
import type { MariadbServer } from '../mariadb.ts';
import type { S3Server } from '../s3-server.ts';
import { type Running, until } from './command.ts';
import { appliedOnce } from './exactly-once.ts';
import { FailpointControl, type Victim } from './failpoints-control.ts';
import type { Sink } from './faults.ts';
import { descendants, Fleet } from './fleet.ts';
import { differences, merged, part, type StoredRow } from './oracle.ts';
import { credentialsOf } from './matrix.ts';
import { makeSmallWorld, SMALL_TAGS, type SmallWorld, smallReportIsRight } from './small-world.ts';
import { mariadbTarget, type SqliteTargets, type Target } from './target.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface KillPlaces {
  readonly mariadb: MariadbServer;
  readonly sqlite: SqliteTargets;
  /** When it is there, the tables may be read from it instead of a folder. */
  readonly s3?: S3Server;
}

/** Short: a frozen process is waited for as long as this. */
export const KILL_LEASE_MS = 2_000;
const HEARTBEAT_MS = 400;
/** Of a fleet: hundreds of kills one after another take long. */
const MOST_MS = 3 * 60 * 60_000;

export interface KillOptions {
  readonly sink: Sink;
  /** Users in a shard, about; there are a little over 1,000 users. */
  readonly shardRows: number;
  /** Tables on the S3 server of the places. */
  readonly onS3?: boolean;
  /** By default one of the two targets has the promise that the loss of the manager's disk loses nothing. */
  readonly durability?: 'local' | 'copied';
}

let made = 0;

export class KillWorld {
  readonly options: KillOptions;
  readonly small: SmallWorld;
  readonly target: Target;
  readonly control = new FailpointControl();
  readonly fleet: Fleet;
  /** To the database: of the manager, and of the workers. */
  readonly database: { readonly manager: TcpProxy; readonly workers: TcpProxy } | undefined;
  /** From each executor to the manager. */
  readonly streams = new Map<string, TcpProxy>();
  /** Points that processes came to, once it is closed. */
  seen: ReadonlySet<string> = new Set();
  #before: readonly StoredRow[] = [];
  /** Runs from before the last reset. */
  #known: ReadonlySet<string> = new Set();

  private constructor(options: KillOptions, small: SmallWorld, target: Target, database: KillWorld['database'], source: Source) {
    this.options = options;
    this.small = small;
    this.target = target;
    this.database = database;
    const durability = options.durability ?? (options.sink === 'mariadb' ? 'copied' : 'local');
    const journal = ['--durability', durability, '--snapshot-interval', '1s'];
    const lease = ['--lease', `${KILL_LEASE_MS}ms`, '--heartbeat', `${HEARTBEAT_MS}ms`, '--shard-rows', String(options.shardRows)];
    this.fleet = new Fleet({
      databaseUrl: urlThrough(target.url, database?.manager),
      directory: mkdtempSync(join(tmpdir(), 'tagmill-kills-')),
      tables: source.tables,
      args: [...lease, ...journal, ...source.args],
      env: { ...this.control.env, ...source.env },
      nodeArgs: this.control.nodeArgs,
      mostMs: MOST_MS,
    });
  }

  static async start(places: KillPlaces, options: KillOptions): Promise<KillWorld> {
    made += 1;
    const small = await makeSmallWorld();
    const target =
      options.sink === 'sqlite' ? await places.sqlite.make('before') : await mariadbTarget(places.mariadb, `kills_${made}`, 'before');
    await target.watchWrites();
    await target.exec('CREATE TABLE test_start AS SELECT user_id, tag_ids, tag_details, created_time, updated_time FROM user_tags');
    const through = async (): Promise<TcpProxy> => startTcpProxy(`127.0.0.1:${places.mariadb.port}`);
    const database = options.sink === 'sqlite' ? undefined : { manager: await through(), workers: await through() };
    const source = await sourceOf(places, options, small);
    const world = new KillWorld(options, small, target, database, source);
    try {
      await world.fleet.startManager();
      for (const name of ['one', 'two']) {
        world.streams.set(name, await startTcpProxy(world.fleet.grpc));
        world.startExecutor(name);
      }
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** As its service does after its death. */
  startExecutor(name: string): Running {
    const own = this.database === undefined ? {} : { TAGMILL_DATABASE_URL: urlThrough(this.target.url, this.database.workers) };
    return this.fleet.startExecutor(name, { manager: this.streams.get(name)!.address, env: own });
  }

  /** The target as it was at first, and a new run over it. Undefined when the manager died under the request. */
  async newRun(): Promise<string | undefined> {
    await this.target.exec('DELETE FROM user_tags');
    await this.target.exec(
      'INSERT INTO user_tags (user_id, tag_ids, tag_details, created_time, updated_time) SELECT user_id, tag_ids, tag_details, created_time, updated_time FROM test_start',
    );
    await this.target.exec('DELETE FROM test_writes');
    if ((await this.target.batchesDone()) > 0) await this.target.exec('DELETE FROM tagmill_changes');
    this.#before = await this.target.rows();
    this.#known = new Set((await this.#runs()).map((run) => run.id));
    try {
      return await this.fleet.createRun({ mode: 'task-tags', tag_ids: SMALL_TAGS, business_date: '2026-11-22' });
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }

  /** The newest run since `newRun` was asked for. */
  async newestRun(): Promise<string | undefined> {
    return (await this.#runs()).find((run) => !this.#known.has(run.id))?.id;
  }

  /**
   * Waits for the end of the run and of what ran beside it; sentences about
   * what is not as it must be. `undone`: tags of it that were rolled back.
   */
  async verdict(runId: string, undone: readonly number[] = []): Promise<string[]> {
    const report = await this.fleet.ended(runId);
    const runs = (await this.#runs()).filter((run) => !this.#known.has(run.id));
    for (const { id } of runs) await this.fleet.ended(id);
    if (undone.length > 0) return this.#verdictOfUndone(runId, undone, runs.length);
    const { after } = this.small;
    return [
      // What another run has changed before is not a change of this one.
      ...(runs.length > 1 ? [] : smallReportIsRight(this.small, report)),
      ...differences(await this.target.rows(), after, this.#before),
      ...(await appliedOnce(this.target, this.#before, after, new Set(), runs.length)),
    ];
  }

  /** As if the tags had not been in the run, but for rows that they alone have made: those stay, without them. */
  async #verdictOfUndone(runId: string, undone: readonly number[], runs: number): Promise<string[]> {
    const wrong: string[] = [];
    for (const tag of undone) {
      const found = await until(`the end of the rollback of tag ${tag}`, async () => {
        const record = await this.fleet.instance(runId, `tag-${tag}`);
        return isUndone(record) ? record : undefined;
      });
      if (found.state !== 'stopped') wrong.push(`tag ${tag} is ${found.state} and must be stopped: ${found.reason}`);
    }
    const others = new Set(SMALL_TAGS.filter((tag) => !undone.includes(tag)));
    const rest = new Map(merged(this.small.before, part(this.small.found, others)).map((row) => [row.user_id, row.tag_ids]));
    const rows = this.small.after.map(({ user_id, changed }) => ({ user_id, tag_ids: rest.get(user_id) ?? [], changed: changed === true }));
    const plain = rows.map(({ user_id, tag_ids }) => ({ user_id, tag_ids }));
    // A row is written by the merge, and once more by each rollback.
    const once = await appliedOnce(this.target, this.#before, rows, new Set(), runs + undone.length);
    return [...wrong, ...differences(await this.target.rows(), plain), ...once];
  }

  /** Resets connections: an executor's to the manager, a worker's to the database, all of a manager's. */
  cut(whose: Victim, executor?: string): void {
    for (const [name, proxy] of this.streams)
      if (whose === 'manager' || (whose === 'executor' && (executor ?? 'one') === name)) proxy.cut();
    if (whose === 'manager') this.database?.manager.cut();
    if (whose === 'worker') this.database?.workers.cut();
  }

  /** As a lost disk does; the manager must not be running. */
  wipeManager(): void {
    rmSync(join(this.fleet.options.directory, 'manager'), { recursive: true, force: true });
  }

  /** An executor that comes back without its copy of the journal. */
  async loseCopy(executor: string): Promise<void> {
    await this.killExecutor(executor);
    rmSync(join(this.fleet.options.directory, executor, 'copies'), { recursive: true, force: true });
    this.startExecutor(executor);
  }

  async killExecutor(name: string): Promise<void> {
    const executor = this.fleet.executors.get(name)!;
    executor.child.kill('SIGKILL');
    await executor.ended;
  }

  /** Starts the manager again when it is not running, as its service does. */
  async keepManager(): Promise<void> {
    if (isGone(this.fleet.manager.pid)) await this.fleet.startManager();
  }

  /** A worker process of an executor, once it has one. */
  workerOf(executor: string): number | undefined {
    return descendants(this.fleet.executors.get(executor)!.pid)[0];
  }

  /** What each process wrote last, for a failure that nobody explains. */
  lastWords(): string[] {
    const all = [['manager', this.fleet.manager] as const, ...this.fleet.executors];
    return all.map(([name, { stderr }]) => `${name} wrote last: ${stderr.slice(-1_500)}`);
  }

  async #runs(): Promise<readonly RunRecord[]> {
    const look = (): Promise<{ readonly runs: readonly RunRecord[] } | undefined> => this.fleet.tryGet('/api/v1/runs?limit=20');
    return (await until('the list of runs', look)).runs;
  }

  async close(): Promise<void> {
    this.seen = this.control.seen();
    for (const { child } of [this.fleet.manager, ...this.fleet.executors.values()]) {
      child?.kill('SIGCONT');
      child?.kill('SIGKILL');
    }
    for (const proxy of [...this.streams.values(), ...(this.database === undefined ? [] : Object.values(this.database))])
      await proxy.stop();
    await this.target.close();
    this.fleet.remove();
    this.control.remove();
    this.small.remove();
  }
}

/** A tag whose rollback has ended. */
export const isUndone = (record: InstanceRecord | undefined): record is InstanceRecord =>
  record?.reason?.startsWith('rolled back') === true;

/** Where the tables are, and what processes need to read them. */
interface Source {
  readonly tables: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

async function sourceOf({ s3 }: KillPlaces, { onS3 }: KillOptions, { tables }: SmallWorld): Promise<Source> {
  if (onS3 !== true || s3 === undefined) return { tables, args: [], env: {} };
  const bucket = `kills-${made}`;
  await s3.createBucket(bucket);
  await s3.upload(bucket, 'tables', tables);
  return { tables: `s3://${bucket}/tables`, args: ['--s3-endpoint', s3.endpoint], env: credentialsOf(s3) };
}

function urlThrough(url: string, proxy: TcpProxy | undefined): string {
  if (proxy === undefined) return url;
  const through = new URL(url);
  through.port = String(proxy.port);
  return through.href;
}

/** Ended, whether or not anybody took note of it. */
export const isGone = (pid: number): boolean => (stateOf(pid) ?? 'Z') === 'Z';

/** The letter of the kernel: `T` stopped, `Z` ended; undefined when it is not there. */
export function stateOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)!.charAt(0);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return undefined;
    throw error;
  }
}
