/**
 * The longest pause of the manager's loop (lateness of a timer of 1 ms in its
 * process) at 50,000 shards a second, each leased and done, beside a million
 * instances: first without snapshots, then while they are made.
 */
import type { BenchOptions } from '../lib/options.ts';
import type { Results } from '../lib/results.ts';
import { InsideFleet } from './inside-fleet.ts';

const EXECUTORS = 4;
const RUN_SHARDS = 1_000;
export const pauseOf = (perSecond: number, nodes: number): string =>
  `longest pause of the loop, ${perSecond} shards a second beside ${nodes} instances`;

export async function benchPauses(options: BenchOptions, results: Results): Promise<void> {
  const [perSecond, seconds] = options.tiny ? [5_000, 1] : [50_000, options.seconds];
  const fleet = await InsideFleet.start({ 'snapshot-events': '1000000000', 'snapshot-interval': '1h' });
  try {
    await fleet.addExecutors(options.tiny ? 1 : EXECUTORS);
    await fleet.call('resident', options.nodes);
    await fleet.call('load', perSecond, Math.min(2, seconds), RUN_SHARDS);
    for (const during of ['without a snapshot', 'while snapshots are made']) {
      if (during !== 'without a snapshot') await fleet.call('snapshots', true);
      await fleet.call('pauses', true);
      await fleet.call('load', perSecond, seconds, RUN_SHARDS);
      const { longestMs, p99Ms } = await fleet.call('pauses', false);
      const snapshots = await fleet.call('snapshots', false);
      await results.add({
        subject: 'tagmill',
        work: `${pauseOf(perSecond, options.nodes)}, ${during}`,
        unit: 'ms',
        value: longestMs,
        details: { p99Ms, snapshots },
      });
    }
  } finally {
    await fleet.stop();
  }
}
