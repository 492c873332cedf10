/**
 * How late things are: from ready to the handler, from task to task along a
 * chain, over the loss of an executor; the loop's pauses while snapshots are
 * made; two thousand executors that do nothing. Each part says what it measures.
 */
import { benchFailover } from './inside/failover.ts';
import { benchHops } from './inside/hops.ts';
import { benchIdle } from './inside/idle.ts';
import { benchPauses } from './inside/pauses.ts';
import { benchReady } from './inside/ready.ts';
import type { BenchOptions } from './lib/options.ts';
import { Results } from './lib/results.ts';

const PARTS: Readonly<Record<string, (options: BenchOptions, results: Results) => Promise<void>>> = {
  ready: benchReady,
  hops: benchHops,
  pauses: benchPauses,
  failover: benchFailover,
  idle: benchIdle,
};

export async function benchLatency(options: BenchOptions): Promise<void> {
  const results = new Results('latency', options);
  const wanted = options.only.length === 0 ? Object.keys(PARTS) : options.only;
  for (let round = 0; round < options.rounds; round += 1) for (const name of wanted) await PARTS[name]?.(options, results);
}
