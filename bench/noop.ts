/**
 * Shards that do nothing, through real gRPC, with leases and results in the
 * journal, counted once committed: what the control plane itself costs.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLog } from '../packages/cli/src/embedded/quiet-log.ts';
import { SHIPPED_TASKS } from '../packages/manager/src/config/compile.ts';
import { Manager } from '../packages/manager/src/main.ts';
import type { ManagerPort } from '../packages/manager/src/port.ts';
import type { BenchOptions } from './lib/options.ts';
import { treeOf } from './lib/processes.ts';
import { Results } from './lib/results.ts';

const CLI = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url));

export interface NoopRound {
  readonly executors: number;
  readonly shards: number;
  readonly seconds: number;
  readonly shardsPerSecond: number;
  /** Of the manager with its threads and of all executors with their workers. */
  readonly cpuMicrosPerShard: number;
}

/** One manager in this process, `executors` processes beside it; one run to warm up, then one that counts. */
export async function noopRound(executors: number, shards: number): Promise<NoopRound> {
  const directory = await mkdtemp(join(tmpdir(), 'tagmill-bench-noop-'));
  const manager = new Manager(
    {
      databaseUrl: `sqlite:${join(directory, 'tags.sqlite')}`,
      tables: { kind: 'folder', path: directory },
      s3Credentials: undefined,
      dataDir: join(directory, 'manager'),
      timeZone: 'UTC',
      shardRows: 250_000,
      tasksDir: SHIPPED_TASKS,
      http: { host: '127.0.0.1', port: -1 },
      grpc: { host: '127.0.0.1', port: 0 },
      tls: undefined,
      joinToken: undefined,
      apiKey: undefined,
      insecureDev: true,
      stateKey: undefined,
      copies: 0,
      durability: 'local',
      recovery: { windowMs: 0, acceptLoss: false, from: '' },
      heartbeatMs: 3_000,
      leaseMs: 9_000,
      deadlines: { stopMs: 5_000, attemptMs: 3_600_000 },
      logLevel: 'silent',
    },
    commandLog(),
  );
  const children: ChildProcess[] = [];
  try {
    const { grpcAddress } = await manager.start();
    for (let index = 0; index < executors; index += 1) children.push(startExecutor(grpcAddress, directory, index));
    await untilJoined(manager.port, executors);
    await runNoop(manager.port, Math.min(shards, 100_000));
    const cpuBefore = cpuSeconds();
    const startedAt = performance.now();
    await runNoop(manager.port, shards);
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuMicrosPerShard = ((cpuSeconds() - cpuBefore) / shards) * 1e6;
    return { executors, shards, seconds, shardsPerSecond: shards / seconds, cpuMicrosPerShard };
  } finally {
    await Promise.all(children.map(ended));
    await manager.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

const cpuSeconds = (): number => treeOf(process.pid).reduce((sum, one) => sum + one.cpuSeconds, 0);

function startExecutor(manager: string, directory: string, index: number): ChildProcess {
  const profile = process.env['TAGMILL_BENCH_PROFILE'];
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const args = [
    'executor',
    '--manager',
    manager,
    '--insecure-dev',
    '--slots',
    '1',
    '--name',
    `bench-${index}`,
    '--cache-dir',
    join(directory, `executor-${index}`),
  ];
  return spawn(process.execPath, [...flags, CLI, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TAGMILL_LOG_LEVEL: 'silent' },
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

const untilJoined = (port: ManagerPort, executors: number): Promise<void> =>
  until(port, () => port.listExecutors().filter((one) => one.state === 'connected').length === executors);

/** Resolves when every shard's result is in the journal. */
async function runNoop(port: ManagerPort, shards: number): Promise<void> {
  const id = await port.createRun({ mode: 'noop', shards, who: 'bench' });
  await until(port, () => {
    const state = port.getRun(id)?.state;
    if (state === 'partial' || state === 'failed') throw new Error(`the run of ${shards} tiny shards ended as ${state}`);
    return state === 'succeeded';
  });
}

function until(port: ManagerPort, there: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      try {
        if (!there()) return;
        release();
        resolve();
      } catch (error) {
        release();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const release = port.onChange(look);
    look();
  });
}

const FLEETS = [1, 2, 4];

/** One, two and four executors, in turn. */
export async function benchNoop(options: BenchOptions): Promise<void> {
  const results = new Results('noop', options);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const executors of options.tiny ? [2] : FLEETS) {
      const { shardsPerSecond, cpuMicrosPerShard } = await noopRound(executors, options.shards);
      const work = `no-op shards, ${executors} executor${executors === 1 ? '' : 's'}`;
      await results.add({ subject: 'tagmill', work, unit: '1/s', value: shardsPerSecond, details: { cpuMicrosPerShard } });
    }
  }
}
