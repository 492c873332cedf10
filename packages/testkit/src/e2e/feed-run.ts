/** A reader of the live feed that is killed and comes back many times during a run, as a browser that reloads. */
import { Prng } from '@tagmill/shared/prng';
import { until } from './command.ts';
import { reportIsRight } from './exactly-once.ts';
import { makeTarget, type FaultPlaces, type Sink, startFleet, verdict } from './faults.ts';
import { FeedReader, readerDifferences } from './feed-reader.ts';
import { SECRETS } from './fleet.ts';
import { rowsAfter } from './oracle.ts';

const ENDED = ['succeeded', 'partial', 'failed'];

/** Sentences about what the reader missed, or what went wrong with the run meanwhile. */
export async function reloads(places: FaultPlaces, sink: Sink, seed: number, kills = 50): Promise<string[]> {
  const prng = new Prng(seed);
  const target = await makeTarget(places, sink);
  const before = await target.rows();
  const { fleet, proxy } = await startFleet(target, ['two']);
  const readers: FeedReader[] = [];
  try {
    // Every shard twice as small as usual: the run must outlast the kills.
    const runId = await fleet.createRun({ mode: 'task-all', business_date: '2026-11-22', shard_rows: 50 });
    const topics = [`run/${runId}`, 'runs', 'executors', `instance/${runId}/tag-1`];
    const reader = (): FeedReader => {
      const made = new FeedReader(fleet.http, SECRETS.TAGMILL_API_KEY, topics);
      readers.push(made);
      return made;
    };
    const [steady, killed] = [reader(), reader()];
    await steady.open();
    await killed.open();
    const stateOf = (one: FeedReader): unknown => one.tables(`run/${runId}`)?.['run']?.[runId]?.['state'];
    const hasEnded = (one: FeedReader): boolean => ENDED.includes(String(stateOf(one)));
    let duringRun = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const messages = prng.between(0, 6);
      await killed.until(() => killed.fresh >= messages || hasEnded(killed));
      killed.kill();
      if (!hasEnded(steady)) duringRun += 1;
      await killed.open();
    }
    await Promise.all([steady.until(() => hasEnded(steady)), killed.until(() => hasEnded(killed))]);
    const report = await fleet.ended(runId);
    const wrong = duringRun < kills ? [`only ${duringRun} of ${kills} kills fell into the run`] : [];
    wrong.push(...(await compare(reader(), steady, killed)));
    wrong.push(...(await fleet.stop()), ...reportIsRight(report), ...(await verdict(target, before, rowsAfter())));
    return wrong;
  } finally {
    for (const one of readers) one.kill();
    for (const { child } of [fleet.manager, ...fleet.executors.values()]) child.kill('SIGKILL');
    await proxy.stop();
    await target.close();
    fleet.remove();
  }
}

/** Both against each other, and against one that asks only now what the server's state is. */
async function compare(late: FeedReader, steady: FeedReader, killed: FeedReader): Promise<string[]> {
  await late.open();
  // Heartbeats go on changing the list of executors: the three are looked at when they stand at the same number.
  const standing = (topic: string): boolean => new Set([late, steady, killed].map((one) => one.states.get(topic)?.seq)).size === 1;
  await until('the same number of every topic for all readers', () => (late.topics.every(standing) ? true : undefined), 5);
  return [...readerDifferences(killed, steady), ...readerDifferences(late, killed)];
}
