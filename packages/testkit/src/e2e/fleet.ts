/** A manager and executors as processes of their own, and the public API to watch and steer them. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '@tagmill/shared/api/report';
import type { ActionAnswer, ActionRequest, ExecutorRecord, InstanceRecord } from '@tagmill/shared/feed/views';
import { type CommandOptions, FIXTURES, type Running, start, until } from './command.ts';
import { freePort } from './free-port.ts';

export const SECRETS = { TAGMILL_JOIN_TOKEN: 'token-of-tests', TAGMILL_API_KEY: 'key-of-tests' } as const;
/** Short enough that a test need not wait long, long enough for a busy machine. */
export const LEASE_MS = 4_000;

export interface FleetOptions {
  readonly databaseUrl: string;
  readonly directory: string;
  readonly tables?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** For Node itself, in every process. */
  readonly nodeArgs?: readonly string[];
  /** How long a process may run, when longer than others. */
  readonly mostMs?: number;
}

export interface ExecutorOptions {
  /** Where it dials, when not the manager itself: a proxy. */
  readonly manager?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly slots?: number;
}

export type Body = Readonly<Record<string, unknown>>;

export class Fleet {
  readonly options: FleetOptions;
  readonly executors = new Map<string, Running>();
  manager!: Running;
  http = '';
  grpc = '';

  constructor(options: FleetOptions) {
    this.options = options;
  }

  /** Starts the manager; again on the same addresses and data after it was killed. */
  async startManager(): Promise<void> {
    const { databaseUrl, directory, tables, args, env } = this.options;
    // Ports that stay: a manager that comes back without its data is found by its executors.
    const addresses =
      this.http === '' ? [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`] : [this.http.replace('http://', ''), this.grpc];
    this.manager = start(
      [
        'manager',
        ...['--database', databaseUrl, '--tables', tables ?? join(FIXTURES, 'tables'), '--data-dir', join(directory, 'manager')],
        ...['--time-zone', 'Asia/Shanghai', '--shard-rows', '100', '--lease', `${LEASE_MS / 1000}s`, '--heartbeat', '1s'],
        ...['--log-level', 'warn', '--http', addresses[0]!, '--grpc', addresses[1]!, ...(args ?? [])],
      ],
      { env: { ...SECRETS, ...env }, ...processOptions(this.options) },
    );
    const [, http, grpc] = await this.manager.said(/dashboard and REST at (\S+), executors join at (\S+)/);
    this.http = http!;
    this.grpc = grpc!;
  }

  startExecutor(name: string, options: ExecutorOptions = {}): Running {
    const args = ['executor', '--manager', options.manager ?? this.grpc, '--name', name, '--slots', String(options.slots ?? 1)];
    const running = start([...args, '--cache-dir', join(this.options.directory, name), '--log-level', 'warn'], {
      env: { ...SECRETS, ...this.options.env, ...options.env },
      ...processOptions(this.options),
    });
    this.executors.set(name, running);
    return running;
  }

  async call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.http}${path}`, {
      method,
      headers: { authorization: `Bearer ${SECRETS.TAGMILL_API_KEY}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.call('GET', path);
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  /** What a manager that is away does not answer: for looks in the middle of a fault. */
  async tryGet<T>(path: string): Promise<T | undefined> {
    try {
      const answer = await this.call('GET', path);
      return answer.ok ? ((await answer.json()) as T) : undefined;
    } catch (error) {
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  }

  async createRun(body: Body): Promise<string> {
    const answer = await this.call('POST', '/api/v1/runs', body);
    const text = await answer.text();
    if (answer.status !== 202) throw new Error(`the run was not taken: ${answer.status} ${text}`);
    return (JSON.parse(text) as { run_id: string }).run_id;
  }

  async act(runId: string, request: ActionRequest): Promise<ActionAnswer> {
    const answer = await this.call('POST', `/api/v1/runs/${runId}/actions`, request);
    if (!answer.ok) throw new Error(`${request.action} was refused: ${await answer.text()}`);
    return (await answer.json()) as ActionAnswer;
  }

  instance(runId: string, name: string): Promise<InstanceRecord | undefined> {
    return this.tryGet<{ instance: InstanceRecord }>(`/api/v1/runs/${runId}/instances/${name}`).then((found) => found?.instance);
  }

  /** Waits until the tag's step has at least `done` shards done, or the run is beyond that. */
  reached(runId: string, step: 'evaluate' | 'merge', done: number, name = 'tag-1'): Promise<InstanceRecord> {
    return until(`${name} of ${runId}: ${step} with ${done} shards`, async () => {
      const found = await this.instance(runId, name);
      if (found === undefined) return undefined;
      const isOver = found.endedAtMs !== null || (step === 'evaluate' && (found.step === 'check' || found.step === 'merge'));
      return isOver || (found.step === step && found.shardsDone >= done) ? found : undefined;
    });
  }

  executor(name: string): Promise<ExecutorRecord | undefined> {
    return this.tryGet<{ executors: ExecutorRecord[] }>('/api/v1/executors').then((found) =>
      found?.executors.find((one) => one.name === name),
    );
  }

  executorIs(name: string, states: readonly ExecutorRecord['state'][]): Promise<ExecutorRecord> {
    return until(`executor ${name} ${states.join(' or ')}`, async () => {
      const found = await this.executor(name);
      return found !== undefined && states.includes(found.state) ? found : undefined;
    });
  }

  async isOver(runId: string): Promise<boolean> {
    const report = await this.tryGet<RunReport>(`/api/v1/runs/${runId}/report`);
    return report !== undefined && report.state !== 'running' && report.state !== 'queued';
  }

  /** The run's report once it has ended. */
  ended(runId: string): Promise<RunReport> {
    return until(`the end of run ${runId}`, async () => {
      const report = await this.tryGet<RunReport>(`/api/v1/runs/${runId}/report`);
      return report === undefined || report.state === 'running' || report.state === 'queued' ? undefined : report;
    });
  }

  /** Ends everything as an operator does; sentences about what did not end well. */
  async stop(): Promise<string[]> {
    const wrong: string[] = [];
    const all: [string, Running][] = [...this.executors, ['manager', this.manager]];
    for (const [name, running] of all) {
      if (running.child.exitCode !== null || running.child.signalCode !== null) continue;
      running.child.kill('SIGTERM');
      const { code, stderr } = await running.ended;
      if (code !== 0) wrong.push(`${name} ended with ${code} on SIGTERM: ${stderr.slice(-300)}`);
      if (/\n\s+at /.test(stderr)) wrong.push(`${name} wrote a stack trace: ${stderr.slice(-600)}`);
    }
    return wrong;
  }

  remove(): void {
    rmSync(this.options.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Processes that a process has started, their own included; none of one that has ended. */
export function descendants(pid: number): number[] {
  const children = childrenText(pid)
    .trim()
    .split(' ')
    .filter((text) => text !== '')
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function childrenText(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch (error) {
    // It may end while it is looked at; ESRCH when it does so in the middle of the read.
    if (['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) return '';
    throw error;
  }
}

const processOptions = ({ nodeArgs = [], mostMs }: FleetOptions): Pick<CommandOptions, 'nodeArgs' | 'mostMs'> =>
  mostMs === undefined ? { nodeArgs } : { nodeArgs, mostMs };
