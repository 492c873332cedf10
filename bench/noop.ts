/**
 * Shards that do nothing, over TLS, with leases and results in the journal,
 * counted once the API says that they are confirmed: what the control plane
 * itself costs. With `--peers` beside job queues of equal durability.
 */
import { BenchFleet } from './lib/fleet.ts';
import { BESIDE } from './lib/goals.ts';
import type { BenchOptions } from './lib/options.ts';
import { Results } from './lib/results.ts';
import { measureSide, type OpenSide, ownCpuSeconds, type Side } from './lib/side.ts';
import { bullmq } from './peers/bullmq.ts';
import { graphileWorker } from './peers/graphile-worker.ts';

/** Worker processes of every side. */
const PROCESSES = 4;
const FLEETS = [1, 2, 4];

const tagmill = (executors: number, jobs: number): Side => ({
  name: 'tagmill',
  jobs,
  missing: () => undefined,
  open: async (): Promise<OpenSide> => {
    const fleet = await BenchFleet.start(executors);
    return {
      run: (count) => fleet.runNoop(count),
      cpuSeconds: () => fleet.cpuSeconds() + ownCpuSeconds(),
      close: () => fleet.stop(),
    };
  },
});

/** One, two and four executors, in turn; with `peers` four, each round beside every peer. */
export async function benchNoop(options: BenchOptions): Promise<void> {
  if (options.peers) await beside(options);
  else await alone(options);
}

async function alone(options: BenchOptions): Promise<void> {
  const results = new Results('noop', options);
  for (let round = 0; round < options.rounds; round += 1) {
    for (const executors of options.tiny ? [2] : FLEETS) {
      const work = `no-op shards over TLS, ${executors} executor${executors === 1 ? '' : 's'}`;
      await measure(results, tagmill(executors, options.shards), work);
    }
  }
}

async function beside(options: BenchOptions): Promise<void> {
  const results = new Results('noop-peers', options);
  const sides = [
    tagmill(PROCESSES, options.shards),
    graphileWorker(PROCESSES, Math.ceil(options.shards / 5)),
    bullmq(PROCESSES, Math.ceil(options.shards / 20), 'everysec'),
    bullmq(PROCESSES, Math.ceil(options.shards / 20), 'always'),
  ].filter((side) => options.only.length === 0 || options.only.includes(side.name));
  const there = sides.filter((side) => {
    const why = side.missing();
    if (why !== undefined) console.log(`${side.name} is left out: ${why}`);
    return why === undefined;
  });
  for (let round = 0; round < options.rounds; round += 1) for (const side of there) await measure(results, side, BESIDE);
}

async function measure(results: Results, side: Side, work: string): Promise<void> {
  const { jobsPerSecond, cpuMicrosPerJob } = await measureSide(side);
  await results.add({ subject: side.name, work, unit: '1/s', value: jobsPerSecond, details: { cpuMicrosPerShard: cpuMicrosPerJob } });
}
