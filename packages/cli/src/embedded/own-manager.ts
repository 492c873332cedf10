/** A manager inside this process with executor processes beside it, on loopback, over real gRPC. */
import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Manager, ManagerConfig } from '@tagmill/manager';
import type { AvailableTag, RunRequest } from '@tagmill/manager/port';
import type { RulesPort } from '@tagmill/manager/port-rules';
import type { RunReport } from '@tagmill/shared/api/report';
import type { S3Credentials } from '@tagmill/shared/connections';
import { TagmillError } from '@tagmill/shared/errors';
import type { FeedTables } from '@tagmill/shared/feed/reducer';
import type { TablesLocation } from '@tagmill/shared/job';
import type { RunState } from '@tagmill/shared/words';
import { VERSION } from '@tagmill/shared/version';
import type { HealthAnswer, Place } from '../place.ts';
import { ExecutorChildren } from './executor-children.ts';
import { makeTempDir, type TempDir } from './temp-dir.ts';

/** How often progress is looked at, milliseconds. */
const SHOW_EVERY_MS = 100;
const ENDED: readonly RunState[] = ['succeeded', 'partial', 'failed'];

export interface OwnManagerOptions {
  readonly databaseUrl: string;
  readonly tables: TablesLocation;
  readonly executors: number;
  readonly timeZone: string;
  readonly shardRows: number;
  readonly tasksDir: string;
  /** Absent: no REST and no page. */
  readonly http?: { readonly host: string; readonly port: number };
  readonly apiKey?: string;
  readonly joinToken?: string;
  /** Absent: a temporary folder, removed at the end. */
  readonly dataDir?: string;
}

export class OwnManager implements Place {
  readonly own = true;
  readonly #manager: Manager;
  readonly #children: ExecutorChildren | undefined;
  readonly #temp: TempDir;
  #httpUrl = '';
  #grpcAddress = '';
  #closing: Promise<void> | undefined;

  private constructor(manager: Manager, children: ExecutorChildren | undefined, temp: TempDir) {
    this.#manager = manager;
    this.#children = children;
    this.#temp = temp;
  }

  /** Errors: those of the database, MANAGER_LIVE, PORT_IN_USE, TASK_FILE_INVALID. With no executors nothing can be computed. */
  static async start(options: OwnManagerOptions): Promise<OwnManager> {
    const temp = makeTempDir();
    const joinToken = options.joinToken ?? randomBytes(32).toString('base64url');
    const children = options.executors === 0 ? undefined : startChildren(options, joinToken, temp);
    // The executors are on their way while the manager is loaded.
    const [door, { s3CredentialsOf }, { commandLog }] = await Promise.all([
      import('@tagmill/manager'),
      import('@tagmill/manager/config/compile'),
      import('./quiet-log.ts'),
    ]);
    const config = managerConfig(options, joinToken, temp, s3CredentialsOf(process.env));
    const own = new OwnManager(new door.Manager(config, commandLog()), children, temp);
    try {
      const { httpUrl, grpcAddress } = await own.#manager.start();
      own.#httpUrl = httpUrl;
      own.#grpcAddress = grpcAddress;
      children?.join(grpcAddress);
      return own;
    } catch (error) {
      await own.close();
      throw nameTheFlag(error);
    }
  }

  get httpUrl(): string {
    return this.#httpUrl;
  }

  get grpcAddress(): string {
    return this.#grpcAddress;
  }

  /** Resolves when the manager or its executors cannot go on. */
  get failed(): Promise<Error> {
    return Promise.race([this.#manager.failed, ...(this.#children === undefined ? [] : [this.#children.failed])]);
  }

  createRun(request: RunRequest): Promise<string> {
    return this.#manager.port.createRun(request);
  }

  async follow(runId: string, show: (tables: FeedTables) => void): Promise<void> {
    const { port } = this.#manager;
    let release = (): void => undefined;
    const ended = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const run = port.getRun(runId);
        if (run === undefined) reject(new TagmillError('NOT_FOUND', `the run ${runId} is gone from the manager`));
        else if (ENDED.includes(run.state)) resolve();
      };
      release = port.onChange(() => {
        try {
          look();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      look();
    });
    const showNow = (): void => {
      const tables = port.snapshot(`run/${runId}`);
      if (tables !== undefined) show(tables);
    };
    const timer = setInterval(showNow, SHOW_EVERY_MS);
    try {
      const failure = await Promise.race([ended, this.failed]);
      if (failure !== undefined) throw failure;
      showNow();
    } finally {
      clearInterval(timer);
      release();
    }
  }

  report(runId: string): Promise<RunReport> {
    const report = this.#manager.port.getReport(runId);
    if (report === undefined) throw new TagmillError('NOT_FOUND', `the manager has no report of run ${runId}`);
    return Promise.resolve(report);
  }

  async stopRun(runId: string): Promise<void> {
    const { port } = this.#manager;
    const states = ['unregistered', 'registered', 'pending', 'running', 'confirming'] as const;
    await port.act(runId, { action: 'stop', filter: { states }, reason: 'interrupted on the command line' }, 'cli');
  }

  async health(): Promise<HealthAnswer> {
    const { ok, checks } = await this.#manager.port.health();
    return { status: ok ? 'healthy' : 'unhealthy', checks, version: VERSION, timestamp: new Date().toISOString() };
  }

  get rules(): RulesPort {
    return this.#manager.port.rules;
  }

  availableTags(): Promise<readonly AvailableTag[]> {
    return this.#manager.port.availableTags();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#children?.stop();
    await this.#manager.stop();
    this.#temp.remove();
  }
}

function startChildren(options: OwnManagerOptions, joinToken: string, temp: TempDir): ExecutorChildren {
  const { executors, tables } = options;
  return new ExecutorChildren({
    count: executors,
    // The cores are shared: more slots than cores would only cost memory.
    slots: Math.max(1, Math.floor(availableParallelism() / executors)),
    joinToken,
    tempDir: temp.path,
    s3Endpoint: tables.kind === 's3' ? tables.endpoint : undefined,
  });
}

function managerConfig(
  options: OwnManagerOptions,
  joinToken: string,
  temp: TempDir,
  s3Credentials: S3Credentials | undefined,
): ManagerConfig {
  return Object.freeze({
    databaseUrl: options.databaseUrl,
    tables: options.tables,
    s3Credentials,
    dataDir: options.dataDir ?? join(temp.path, 'manager'),
    timeZone: options.timeZone,
    shardRows: options.shardRows,
    tasksDir: options.tasksDir,
    http: options.http ?? { host: '127.0.0.1', port: -1 },
    grpc: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    joinToken,
    apiKey: options.apiKey ?? randomBytes(32).toString('base64url'),
    // Its executors end with it: what they would keep is gone then.
    stateKey: undefined,
    copies: 0,
    durability: 'local' as const,
    recovery: { windowMs: 0, acceptLoss: false, from: '' },
    insecureDev: false,
    heartbeatMs: 3_000,
    leaseMs: 9_000,
    deadlines: { stopMs: 5_000, attemptMs: 3_600_000 },
    logLevel: process.env['TAGMILL_LOG_LEVEL'] ?? 'silent',
  });
}

function nameTheFlag(error: unknown): unknown {
  if (!(error instanceof TagmillError) || error.code !== 'MANAGER_LIVE' || error.message.includes('--manager')) return error;
  return new TagmillError('MANAGER_LIVE', `${error.message}; submit to it with --manager URL, or end it first`, error.facts, error);
}
