/** BullMQ on a Redis of its own with an append-only file, flushed each second or at each write. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOf } from '../lib/processes.ts';
import { type OpenSide, ownCpuSeconds, type Side } from '../lib/side.ts';
import { importPackage, INSTALL, packageIsThere } from './npm-package.ts';
import { PrivateServer } from './private-server.ts';
import { WorkerGroup } from './worker-group.ts';

const MAIN = fileURLToPath(new URL('./bullmq-main.ts', import.meta.url));
const REDIS = ['/usr/bin/redis-server', '/usr/local/bin/redis-server'];
/** Jobs of one addBulk, and how many of them are on their way at a time. */
const BULK = 1_000;
const BULKS_AHEAD = 4;

interface Queue {
  addBulk(jobs: readonly { readonly name: string; readonly data: object }[]): Promise<unknown>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}
interface BullMq {
  readonly Queue: new (name: string, options: { connection: { path: string; maxRetriesPerRequest: null } }) => Queue;
}

export const bullmq = (processes: number, jobs: number, flush: 'everysec' | 'always'): Side => ({
  name: `bullmq-${flush}`,
  jobs,
  missing: () => {
    if (!REDIS.some((path) => existsSync(path))) return 'Redis is not installed; `apt-get install redis-server` brings it';
    return packageIsThere('bullmq') ? undefined : `its npm package is not installed; ${INSTALL}`;
  },
  open: () => open(processes, flush),
});

async function open(processes: number, flush: string): Promise<OpenSide> {
  const server = new PrivateServer('redis', 'redis');
  const closers: (() => Promise<void>)[] = [() => server.stop('SIGTERM')];
  const close = async (): Promise<void> => {
    for (const one of closers.reverse()) await one();
  };
  try {
    const path = await startRedis(server, flush);
    const { Queue } = await importPackage<BullMq>('bullmq');
    const queue = new Queue('bench', { connection: { path, maxRetriesPerRequest: null } });
    closers.push(() => queue.close());
    await queue.waitUntilReady();
    const workers = await WorkerGroup.start(processes, MAIN, [path]);
    closers.push(() => workers.end());
    let added = 0;
    return {
      run: async (jobs) => {
        added += jobs;
        await addJobs(queue, jobs);
        await workers.untilDone(added);
      },
      cpuSeconds: () => cpuSecondsOf(server.pid) + workers.cpuSeconds + ownCpuSeconds(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startRedis(server: PrivateServer, flush: string): Promise<string> {
  const path = `${server.directory}/redis.sock`;
  const program = REDIS.find((one) => existsSync(one)) ?? 'redis-server';
  const args = ['--port', '0', '--unixsocket', path, '--unixsocketperm', '777', '--dir', server.directory];
  server.start(program, [...args, '--appendonly', 'yes', '--appendfsync', flush, '--save', '', '--maxmemory-policy', 'noeviction']);
  for (let tries = 0; !existsSync(path); tries += 1) {
    if (tries === 300) throw new Error('redis-server did not come up in 15 s');
    await sleep(50);
  }
  return path;
}

async function addJobs(queue: Queue, jobs: number): Promise<void> {
  let left = jobs;
  const adder = async (): Promise<void> => {
    while (left > 0) {
      const count = Math.min(left, BULK);
      left -= count;
      await queue.addBulk(Array.from({ length: count }, () => ({ name: 'noop', data: {} })));
    }
  };
  await Promise.all(Array.from({ length: BULKS_AHEAD }, adder));
}
