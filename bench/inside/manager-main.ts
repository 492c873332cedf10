/**
 * A manager with probes, for what cannot be seen from outside: when something
 * became ready, what the loop's longest pause was. Everything else is the
 * product. Told what to do by the process that started it.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Manager as ManagerClass } from '../../packages/manager/src/main.ts';
import type { Running } from '../../packages/manager/src/shell/running.ts';
import type { Journal } from '../../packages/manager/src/store/journal.ts';
import type { Answer, Call, Dispatched, LoadMade, ManagerCalls } from './calls.ts';
import { machineMs } from './clock.ts';
import { chainOf, residentRun } from './graphs.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** When the newest batch came back from the journal. */
let committedMs = 0;
// In place before the product is loaded: it looks for the hook only once.
(globalThis as { [name: symbol]: unknown })[Symbol.for('tagmill.failpoints')] = (point: string): void => {
  if (point === 'manager.loop.committed') committedMs = machineMs();
};
const { Manager } = await import('../../packages/manager/src/main.ts');
const { compileManagerConfig } = await import('../../packages/manager/src/config/compile.ts');
const { commandLog } = await import('../../packages/cli/src/embedded/quiet-log.ts');

const RESIDENT_RUN = 100_000;
const SETTLE_MS_A_NODE = 0.01;
/** Of the histogram: a timer of this many ms is what lateness is counted from. */
const RESOLUTION_MS = 1;
const LOOK_MS = 5;

let manager: ManagerClass | undefined;
let sent: { readonly executor: string; readonly runId: string; readonly sentMs: number; readonly shards: Uint32Array }[] = [];
const readyMs = new Map<string, number>();
const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let snapshots: { on: boolean; made: number; readonly over: Promise<void> } | undefined;

/** The rooms of the manager, which no door leads to. */
function rooms(): Running {
  const { running } = manager as unknown as { readonly running?: Running };
  if (running === undefined) throw new Error('the manager of the benchmark is not started');
  return running;
}

type Doing = { readonly [K in keyof ManagerCalls]: (...args: Parameters<ManagerCalls[K]>) => Promise<ReturnType<ManagerCalls[K]>> };

const DOING: Doing = {
  async start(flags) {
    const { config } = compileManagerConfig({ environment: process.env, flags, readText: (path) => readFileSync(path, 'utf8') });
    manager = new Manager(config, commandLog());
    const { grpcAddress } = await manager.start();
    watchDispatches();
    // A day has many runs; the benchmark has them at once.
    Object.assign(rooms().state.settings, { triggeredRuns: Number.POSITIVE_INFINITY });
    return { grpcAddress };
  },
  connected: () => Promise.resolve(manager?.port.listExecutors().filter((one) => one.state === 'connected').length ?? 0),
  async resident(nodes) {
    for (let left = nodes; left > 0; left -= RESIDENT_RUN) {
      await rooms().loop.submit({ type: 'run-created', spec: residentRun(Math.min(left, RESIDENT_RUN)) });
    }
    // Copies of what was made are on their way to the executors, and its garbage is still there.
    await sleep(nodes * SETTLE_MS_A_NODE);
  },
  load,
  async chain(hops) {
    const spec = chainOf(hops);
    const startedMs = machineMs();
    await rooms().loop.submit({ type: 'run-created', spec });
    await over(spec.id);
    return { ms: machineMs() - startedMs };
  },
  async lease(shards) {
    const before = sent.length;
    await manager!.port.createRun({ mode: 'noop', shards, who: 'bench' });
    while (sent.slice(before).reduce((sum, one) => sum + one.shards.length, 0) < shards) await sleep(LOOK_MS);
  },
  dispatched() {
    const found: Dispatched[] = sent.map(({ executor, runId, sentMs, shards }) => ({
      executor,
      readyMs: readyMs.get(runId) ?? Number.NaN,
      sentMs,
      shards,
    }));
    sent = [];
    return Promise.resolve(found);
  },
  async snapshots(on) {
    if (on) {
      snapshots = { on: true, made: 0, over: Promise.resolve() };
      Object.assign(snapshots, { over: makeSnapshots(snapshots) });
      return 0;
    }
    if (snapshots === undefined) return 0;
    snapshots.on = false;
    await snapshots.over;
    return snapshots.made;
  },
  pauses(on) {
    if (on) {
      delays.reset();
      delays.enable();
      return Promise.resolve({ longestMs: 0, p99Ms: 0 });
    }
    delays.disable();
    return Promise.resolve({ longestMs: delays.max / 1e6 - RESOLUTION_MS, p99Ms: delays.percentile(99) / 1e6 - RESOLUTION_MS });
  },
  memory() {
    collect();
    collect();
    const { rss, heapUsed, external } = process.memoryUsage();
    return Promise.resolve({ residentBytes: rss, usedBytes: heapUsed + external });
  },
  async stop() {
    if (snapshots !== undefined) snapshots.on = false;
    await manager?.stop();
  },
};

function watchDispatches(): void {
  const { server } = rooms();
  const act = server.act.bind(server);
  server.act = (effect) => {
    if (effect.type === 'dispatch')
      sent.push({ executor: effect.executor, runId: effect.runId, sentMs: machineMs(), shards: effect.shards });
    act(effect);
  };
}

async function load(perSecond: number, seconds: number, runShards: number): Promise<LoadMade> {
  const runs = Math.round((perSecond * seconds) / runShards);
  const everyMs = (runShards / perSecond) * 1_000;
  const startedMs = machineMs();
  const made: Promise<string>[] = [];
  while (made.length < runs) {
    while (made.length < runs && machineMs() - startedMs >= made.length * everyMs) made.push(createNoop(runShards));
    await sleep(1);
  }
  for (const one of made) await over(await one);
  return { shards: runs * runShards, seconds: (machineMs() - startedMs) / 1_000 };
}

/** What follows the commit in one go is done when this goes on, so the time of the commit is still its own. */
async function createNoop(shards: number): Promise<string> {
  const id = await manager!.port.createRun({ mode: 'noop', shards, who: 'bench' });
  readyMs.set(id, committedMs);
  return id;
}

async function over(id: string): Promise<void> {
  for (;;) {
    const state = manager!.port.getRun(id)?.state;
    // One that ended long ago is not kept.
    if (state === undefined || state === 'succeeded') return;
    if (state === 'failed' || state === 'partial') throw new Error(`a run of the benchmark ended as ${state}`);
    await sleep(LOOK_MS);
  }
}

async function makeSnapshots(making: { on: boolean; made: number }): Promise<void> {
  const { journal } = rooms().watch as unknown as { readonly journal: Journal };
  while (making.on) {
    await journal.snapshot();
    making.made += 1;
    await sleep(1);
  }
}

process.on('message', ({ id, name, args }: Call) => {
  const answer = (words: Omit<Answer, 'id'>): void => void process.send?.({ id, ...words } satisfies Answer);
  (DOING[name] as (...given: readonly unknown[]) => Promise<unknown>)(...args).then(
    (value) => {
      answer({ value });
      if (name === 'stop') process.disconnect();
    },
    (error: unknown) => answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ id: 0 } satisfies Answer);
