/**
 * An executor is gone with shards that were running: from then until all of
 * them are in the hands of another executor's worker. `killed`: its process
 * ends and its connection breaks; `frozen`: it is silent, and the connection stays.
 */
import type { BenchOptions } from '../lib/options.ts';
import { treeOf } from '../lib/processes.ts';
import type { Results } from '../lib/results.ts';
import type { Dispatched } from './calls.ts';
import { machineMs } from './clock.ts';
import { InsideFleet } from './inside-fleet.ts';

/** The windows of two executors. */
const SHARDS = 8_192;
export const failoverOf = (kind: 'killed' | 'frozen'): string => `executor ${kind} to its shards running elsewhere`;

export async function benchFailover(options: BenchOptions, results: Results): Promise<void> {
  for (const kind of options.tiny ? (['killed'] as const) : (['killed', 'frozen'] as const)) {
    const seconds = await failover(kind);
    await results.add({ subject: 'tagmill', work: failoverOf(kind), unit: 's', value: seconds });
  }
}

async function failover(kind: 'killed' | 'frozen'): Promise<number> {
  const fleet = await InsideFleet.start();
  let lost = 0;
  try {
    await fleet.addExecutors(2);
    // Its worker is there once an executor has had something to do.
    await fleet.call('load', 10_000, 0.5, 2_500);
    for (const name of ['bench-0', 'bench-1']) await fleet.started(name, 1);
    await fleet.call('dispatched');
    lost = fleet.executors.get('bench-0')!.pid!;
    const other = fleet.executors.get('bench-1')!.pid!;
    const earlier = (await fleet.started('bench-1', 0)).reduce((sum, one) => sum + one.shards, 0);
    // No worker gets anything done: what is leased is running when its executor is lost.
    signalTree(lost, 'SIGSTOP', false);
    signalTree(other, 'SIGSTOP', false);
    await fleet.call('lease', SHARDS);
    const leased = await fleet.call('dispatched');
    signalTree(other, 'SIGCONT', false);
    await fleet.started('bench-1', earlier + shardsOf(leased, 'bench-1').size);
    const atMs = machineMs();
    signalTree(lost, kind === 'killed' ? 'SIGKILL' : 'SIGSTOP', true);
    const mine = shardsOf(leased, 'bench-0');
    const started = await fleet.started('bench-1', earlier + SHARDS);
    const again = await fleet.call('dispatched');
    if (![...mine].every((shard) => shardsOf(again, 'bench-1').has(shard)))
      throw new Error('shards of the lost executor were not leased to the other');
    return (started.at(-1)!.atMs - atMs) / 1_000;
  } finally {
    signalTree(lost, 'SIGKILL', true);
    await fleet.stop();
  }
}

const shardsOf = (dispatched: readonly Dispatched[], executor: string): Set<number> =>
  new Set(dispatched.filter((one) => one.executor === executor).flatMap((one) => [...one.shards]));

/** Signals an executor with its workers, or only those. */
function signalTree(pid: number, signal: NodeJS.Signals, withExecutor: boolean): void {
  const all = treeOf(pid).map((one) => one.pid);
  for (const one of withExecutor ? all : all.filter((other) => other !== pid)) process.kill(one, signal);
}
