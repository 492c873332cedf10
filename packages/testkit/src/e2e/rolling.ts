/**
 * A rolling step as a platform engineer makes it: SIGTERM to the manager in the
 * middle of a run, then the next one is started. Nothing is lost, nothing is
 * done again, and executors wait for work only for a moment.
 */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { ClickLog } from './click-log.ts';
import { until } from './command.ts';
import type { Sink } from './faults.ts';
import { type KillPlaces, KillWorld } from './kill-world.ts';
import { SMALL_TAGS } from './small-world.ts';

export interface RollingDone {
  readonly wrong: readonly string[];
  /** From each SIGTERM to the first dispatch of the next manager, ms. */
  readonly gapsMs: readonly number[];
}

const SHARD_ROWS = 10;
const WATCHED = `tag-${SMALL_TAGS[0]}`;

/** One step in the evaluation and one in the merge of a run of about 100 shards, between clicks. */
export async function rollingSteps(places: KillPlaces, sink: Sink): Promise<RollingDone> {
  const world = await KillWorld.start(places, { sink, shardRows: SHARD_ROWS });
  const { fleet } = world;
  const gapsMs: number[] = [];
  const wrong: string[] = [];
  try {
    for (const name of fleet.executors.keys()) await fleet.executorIs(name, ['connected']);
    const runId = await world.newRun();
    if (runId === undefined) throw new Error('the run was not taken');
    const clicks = new ClickLog(fleet, runId);
    for (const step of ['evaluate', 'merge'] as const) {
      await fleet.reached(runId, step, 15, WATCHED);
      await clicks.click();
      const askedMs = Date.now();
      fleet.manager.child.kill('SIGTERM');
      const { code, stderr } = await fleet.manager.ended;
      if (code !== 0) wrong.push(`the manager ended with ${code} on SIGTERM in the ${step}: ${stderr.slice(-300)}`);
      await fleet.startManager();
      await clicks.click();
      const report = await until('the first dispatch', async () => {
        const found = await fleet.tryGet<RecoveryReport>('/api/v1/recovery');
        return found === undefined || found.firstDispatchMs === null ? undefined : found;
      });
      gapsMs.push(report.firstDispatchMs! - askedMs);
      if (report.outcome !== 'own' || report.attempts.redone > 0)
        wrong.push(`after the step in the ${step}: ${report.sentence}, ${report.attempts.redone} attempts are done again`);
    }
    await clicks.release();
    wrong.push(...(await world.verdict(runId)), ...(await clicks.missing()));
    const { shards } = await fleet.ended(runId);
    // The plan, and each shard once in the evaluation and once in the merge.
    if (shards.attempts !== 1 + 2 * shards.total) wrong.push(`${shards.total} shards took ${shards.attempts} attempts`);
    wrong.push(...(await fleet.stop()));
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error), ...world.lastWords());
  } finally {
    await world.close();
  }
  return { wrong, gapsMs };
}
