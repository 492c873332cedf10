/**
 * From ready (the run's creation is in the journal) to the handler (the worker
 * process has the shards in hand), at a steady pace of runs that do not wait
 * for each other, beside a million instances that wait, while snapshots are
 * made one after the other.
 */
import type { BenchOptions } from '../lib/options.ts';
import { quantilesOf } from '../lib/quantiles.ts';
import type { Results } from '../lib/results.ts';
import type { Dispatched } from './calls.ts';
import { InsideFleet } from './inside-fleet.ts';

const EXECUTORS = 4;
/** Steady, and in bursts: a burst's last shard waits for all before it. */
const SHARDS_A_RUN = [500, 2_500] as const;
const readyOf = (perSecond: number, nodes: number, runShards: number): string =>
  `ready to handler at ${perSecond} a second in runs of ${runShards}, ${nodes} instances resident, snapshots running`;

export async function benchReady(options: BenchOptions, results: Results): Promise<void> {
  for (const runShards of SHARDS_A_RUN) await benchRuns(runShards, options, results);
}

async function benchRuns(runShards: number, options: BenchOptions, results: Results): Promise<void> {
  const [perSecond, seconds] = options.tiny ? [10_000, 1] : [250_000, options.seconds];
  const fleet = await InsideFleet.start();
  try {
    await fleet.addExecutors(options.tiny ? 1 : EXECUTORS);
    await fleet.call('resident', options.nodes);
    await fleet.call('load', perSecond, Math.min(2, seconds), runShards);
    const before = await startsOf(fleet, await fleet.call('dispatched'));
    await fleet.call('snapshots', true);
    const made = await fleet.call('load', perSecond, seconds, runShards);
    const snapshots = await fleet.call('snapshots', false);
    const late = await latenessOf(fleet, await fleet.call('dispatched'), before);
    const [p50, p99, p999, longest] = quantilesOf(late, [0.5, 0.99, 0.999, 1]);
    const work = readyOf(perSecond, options.nodes, runShards);
    const details = { shards: made.shards, shardsPerSecond: made.shards / made.seconds, snapshots };
    await results.add({ subject: 'tagmill', work: `${work}, half of all`, unit: 'ms', value: p50!, details });
    await results.add({
      subject: 'tagmill',
      work: `${work}, 99 of 100`,
      unit: 'ms',
      value: p99!,
      details: { p999Ms: p999!, longestMs: longest! },
    });
  } finally {
    await fleet.stop();
  }
}

type Counts = ReadonlyMap<string, { readonly messages: number; readonly shards: number }>;

/** How many messages of dispatches each executor's worker has had. */
async function startsOf(fleet: InsideFleet, dispatched: readonly Dispatched[], before: Counts = new Map()): Promise<Counts> {
  const counts = new Map<string, { messages: number; shards: number }>([...before].map(([name, one]) => [name, { ...one }]));
  for (const { executor, shards } of dispatched) {
    const one = counts.get(executor) ?? { messages: 0, shards: 0 };
    counts.set(executor, { messages: one.messages + 1, shards: one.shards + shards.length });
  }
  for (const [name, { shards }] of counts) await fleet.started(name, shards);
  return counts;
}

/** The worker of an executor takes its messages in the order in which they were sent: the n-th is the n-th. */
async function latenessOf(fleet: InsideFleet, dispatched: readonly Dispatched[], before: Counts) {
  const after = await startsOf(fleet, dispatched, before);
  const late: { readonly value: number; readonly weight: number }[] = [];
  for (const [name, { shards }] of after) {
    const mine = dispatched.filter((one) => one.executor === name);
    const started = (await fleet.started(name, shards)).slice(before.get(name)?.messages ?? 0);
    for (const [i, { readyMs, shards: sent }] of mine.entries()) {
      const at = started[i];
      if (at?.shards !== sent.length) throw new Error(`message ${i} to ${name} had ${sent.length} shards, its worker had ${at?.shards}`);
      late.push({ value: at.atMs - readyMs, weight: sent.length });
    }
  }
  return late;
}
