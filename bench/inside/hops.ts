/**
 * A hop along a chain: from the handler of one task to the handler of the task
 * that waits for it, with the result and the next lease in the journal.
 */
import type { BenchOptions } from '../lib/options.ts';
import { quantilesOf } from '../lib/quantiles.ts';
import type { Results } from '../lib/results.ts';
import { InsideFleet } from './inside-fleet.ts';

const WARM_UP = 50;
export const HOP = 'hop along a chain, result in the journal';

export async function benchHops(options: BenchOptions, results: Results): Promise<void> {
  const hops = options.tiny ? 50 : 1_000;
  const fleet = await InsideFleet.start();
  try {
    await fleet.addExecutors(1);
    await fleet.call('chain', WARM_UP);
    const before = (await fleet.started('bench-0', WARM_UP)).length;
    await fleet.call('chain', hops);
    const started = (await fleet.started('bench-0', WARM_UP + hops)).slice(before);
    const gaps = started.slice(1).map(({ atMs }, i) => ({ value: atMs - started[i]!.atMs, weight: 1 }));
    const [p50, p99] = quantilesOf(gaps, [0.5, 0.99]);
    await results.add({ subject: 'tagmill', work: HOP, unit: 'ms', value: p50!, details: { hops, p99Ms: p99! } });
  } finally {
    await fleet.stop();
  }
}
