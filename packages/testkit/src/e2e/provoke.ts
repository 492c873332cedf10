/** Makes a process come to a failpoint that is not on every shard's way. */
import { until } from './command.ts';
import type { Provocation } from './failpoints-list.ts';
import type { KillRun } from './kill-run.ts';
import { SMALL_TAGS } from './small-world.ts';

/** Resolves when it has done its part; the kill may strike long before. What the kill breaks of it is no failure. */
export async function provoke(run: KillRun, comes: Provocation): Promise<void> {
  const { world } = run;
  switch (comes) {
    case 'shard':
    case 'run':
    case 'rest':
      return;
    case 'join':
      world.cut('executor');
      return;
    case 'start':
      await restartManager(run);
      return;
    case 'click':
      // One holds, the next releases.
      await run.going.clicks.click();
      await run.going.clicks.click();
      return;
    case 'fork':
      await killWorker(run);
      return;
    case 'connect':
      world.cut('worker');
      return;
    case 'stop':
      await stopAnother(run);
  }
}

/** What may be done again and again without harm to the rest. */
export const isAgain = (comes: Provocation): boolean => comes === 'click' || comes === 'join' || comes === 'stop' || comes === 'connect';

async function restartManager({ world }: KillRun): Promise<void> {
  world.fleet.manager.child.kill('SIGKILL');
  await world.fleet.manager.ended;
  // It may die on its way up, or be frozen there: whoever struck it starts it again.
  await world.fleet.startManager().catch(() => undefined);
}

/** Of executor `one`, as soon as it has one. */
async function killWorker({ world }: KillRun): Promise<void> {
  const pid = await until('a worker process of executor one', () => world.workerOf('one'));
  process.kill(pid, 'SIGKILL');
}

/** Another run of one of the tags, stopped while shards of it are computed. */
async function stopAnother({ world }: KillRun): Promise<void> {
  const { fleet } = world;
  try {
    const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [SMALL_TAGS[0]], business_date: '2026-11-22' });
    const name = `tag-${SMALL_TAGS[0]}`;
    await until(`a shard of ${runId} under way`, async () => {
      const found = await fleet.instance(runId, name);
      return found !== undefined && (found.shardsRunning > 0 || found.endedAtMs !== null) ? found : undefined;
    });
    await fleet.call('POST', `/api/v1/runs/${runId}/actions`, {
      action: 'stop',
      filter: { states: ['registered', 'pending', 'running'] },
      reason: 'stopped by a test',
    });
  } catch (error) {
    // The manager died under it.
    if (!(error instanceof TypeError)) throw error;
  }
}
