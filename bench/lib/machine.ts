/** What was measured on: the machine and the versions of everything that took part. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { postgresPrograms } from '../peers/graphile-worker.ts';

const run = promisify(execFile);
const GIB = 1024 ** 3;

/** Lines for people: cores, memory, processor, system. */
export function machineLines(): string[] {
  const processor = /^model name\s*:\s*(.+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor';
  const system = existsSync('/etc/os-release') ? /^PRETTY_NAME="(.+)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] : undefined;
  return [
    `${availableParallelism()} cores of ${processor}, ${Math.round(totalmem() / GIB)} GiB of memory`,
    `${system ?? 'Linux'}, kernel ${release()}`,
  ];
}

/** Versions by name; what is not installed is left out. */
export async function versions(): Promise<Readonly<Record<string, string>>> {
  const versionIn = (path: string): string =>
    (JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')) as { version: string }).version;
  const package_ = (path: string): string => versionIn(`../../packages/${path}/package.json`);
  const peerPackage = (name: string): string => versionIn(`../peers/node_modules/${name}/package.json`);
  const peer = fileURLToPath(new URL('../.venv/bin/python', import.meta.url));
  const asked: readonly (readonly [string, () => Promise<string>])[] = [
    ['Node', async () => process.versions.node],
    ['DuckDB (Node)', async () => package_('executor/node_modules/@duckdb/node-api')],
    ['better-sqlite3', async () => package_('manager/node_modules/better-sqlite3')],
    ['grpc-js', async () => package_('manager/node_modules/@grpc/grpc-js')],
    ['MariaDB server', async () => mariadbVersion('mariadbd')],
    ['MariaDB client', async () => mariadbVersion('mariadb')],
    ['PostgreSQL', async () => /[\d.]+/.exec(await firstLine(`${postgresPrograms()}/postgres`, ['--version']))?.[0] ?? 'unknown'],
    ['graphile-worker', async () => peerPackage('graphile-worker')],
    ['Redis', async () => /v=([\d.]+)/.exec(await firstLine('redis-server', ['--version']))?.[1] ?? 'unknown'],
    ['BullMQ', async () => peerPackage('bullmq')],
    ['ioredis', async () => peerPackage('ioredis')],
    ['PySpark', async () => firstLine(peer, ['-c', 'import pyspark; print(pyspark.__version__)'])],
    ['MySQL Connector/J', async () => /mysql-connector-j-([\d.]+)\.jar/.exec(readdirSync(jars).join(' '))?.[1] ?? 'none'],
    ['Java', async () => firstLine('java', ['--version'])],
    ['Python', async () => firstLine(peer, ['--version'])],
  ];
  const found = await Promise.all(asked.map(async ([name, ask]) => [name, await orUndefined(ask)] as const));
  return Object.fromEntries(found.flatMap(([name, version]) => (version === undefined ? [] : [[name, version]])));
}

const jars = fileURLToPath(new URL('../.venv/jars', import.meta.url));

const mariadbVersion = async (command: string): Promise<string> => {
  const line = await firstLine(command, ['--version']);
  return /\d+\.\d+\.\d+-MariaDB/.exec(line)?.[0] ?? line;
};

async function firstLine(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args);
  return stdout.trim().split('\n')[0] ?? '';
}

async function orUndefined(ask: () => Promise<string>): Promise<string | undefined> {
  try {
    return await ask();
  } catch (error) {
    // Not installed: the benchmark that needs it says so itself.
    return error instanceof Error ? undefined : String(error);
  }
}
