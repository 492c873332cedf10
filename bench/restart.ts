/**
 * A manager that comes back: killed in the middle of a normal day (a thousand
 * instances, ten thousand shards that do nothing), and replaced by a rolling
 * step. Over TLS, journal and copies at their defaults, executors connected.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { BenchFleet } from './lib/fleet.ts';
import type { BenchOptions } from './lib/options.ts';
import { Results } from './lib/results.ts';

const EXECUTORS = 2;
/** Each run of tiny shards has two instances: the shards, and the report. */
const RUNS = 500;
const TINY_RUNS = 10;
const SHARDS_OF_A_RUN = 10;
/** The last run of the day is under way: more shards than the executors are sent at once. */
const LAST_SHARDS = 10_000;
/** A run that lasts through a rolling step. */
const LONG_SHARDS = 1_000_000;
const LOOK_MS = 5;

export async function benchRestart(options: BenchOptions): Promise<void> {
  const results = new Results('restart', options);
  for (let round = 0; round < options.rounds; round += 1) {
    const fleet = await BenchFleet.start(EXECUTORS, { keepsPorts: true });
    try {
      const runs = options.tiny ? TINY_RUNS : RUNS;
      const killed = await killInTheDay(fleet, runs);
      const day = `${2 * runs} instances`;
      await results.add({ subject: 'tagmill', work: `killed, restart with ${day}, process start to first dispatch`, unit: 's', ...killed });
      const value = await rollingStep(fleet);
      await results.add({ subject: 'tagmill', work: 'rolling step, SIGTERM to first dispatch of the next manager', unit: 's', value });
    } finally {
      await fleet.stop();
    }
  }
}

async function killInTheDay(
  fleet: BenchFleet,
  runs: number,
): Promise<{ readonly value: number; readonly details: Readonly<Record<string, number>> }> {
  let last = '';
  for (let run = 1; run < runs; run += 1) last = await submit(fleet, SHARDS_OF_A_RUN);
  await untilState(fleet, last, 'succeeded');
  // Workers that stand still keep the last run where it is until the kill.
  fleet.signalWorkers('SIGSTOP');
  last = await submit(fleet, LAST_SHARDS);
  await untilState(fleet, last, 'running');
  const killedMs = Date.now();
  await fleet.endManager('SIGKILL');
  fleet.signalWorkers('SIGCONT');
  const startedMs = await fleet.startManager();
  const upMs = Date.now();
  const { firstDispatchMs } = await firstDispatch(fleet);
  await untilState(fleet, last, 'succeeded');
  return {
    value: (firstDispatchMs - startedMs) / 1000,
    details: { upMs: upMs - startedMs, killToFirstDispatchMs: firstDispatchMs - killedMs },
  };
}

/** Seconds without a dispatch, at most: those before the signal are not known to the millisecond. */
async function rollingStep(fleet: BenchFleet): Promise<number> {
  const run = await submit(fleet, LONG_SHARDS);
  await untilState(fleet, run, 'running');
  const askedMs = Date.now();
  await fleet.endManager('SIGTERM');
  await fleet.startManager();
  const { firstDispatchMs } = await firstDispatch(fleet);
  await untilState(fleet, run, 'succeeded');
  return (firstDispatchMs - askedMs) / 1000;
}

async function submit(fleet: BenchFleet, shards: number): Promise<string> {
  const answer = (await fleet.call('POST', '/api/v1/runs', { mode: 'noop', shards })) as { readonly run_id: string };
  return answer.run_id;
}

async function untilState(fleet: BenchFleet, run: string, state: string): Promise<void> {
  for (;;) {
    const found = (await fleet.call('GET', `/api/v1/runs/${run}`)) as { readonly state: string };
    if (found.state === state) return;
    if (found.state === 'failed' || found.state === 'partial') throw new Error(`run ${run} of tiny shards ended as ${found.state}`);
    await sleep(LOOK_MS);
  }
}

async function firstDispatch(fleet: BenchFleet): Promise<{ readonly firstDispatchMs: number }> {
  for (;;) {
    const { firstDispatchMs } = (await fleet.call('GET', '/api/v1/recovery')) as RecoveryReport;
    if (firstDispatchMs !== null) return { firstDispatchMs };
    await sleep(LOOK_MS);
  }
}
