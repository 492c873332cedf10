/** Makes a process come to a failpoint that is not on every shard's way. */
import { until } from './command.ts';
import type { Provocation } from './failpoints-list.ts';
import type { KillRun } from './kill-run.ts';
import { SMALL_TAGS } from './small-world.ts';

const WATCHED = `tag-${SMALL_TAGS[0]}`;

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
      await restartManager(run, false);
      return;
    case 'wipe':
      await restartManager(run, true);
      return;
    case 'copy':
      await world.loseCopy('one');
      return;
    case 'loss':
      await loseMerges(run);
      return;
    case 'undo':
      await undo(run);
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

const NEVER_AGAIN: ReadonlySet<Provocation> = new Set(['shard', 'run', 'rest', 'fork', 'copy']);

/** What may be done again and again without harm to the rest. */
export const isAgain = (comes: Provocation): boolean => !NEVER_AGAIN.has(comes);

/** What is looked for, or undefined once the kill has struck: it may have taken away who would be asked. */
async function unlessStruck<T>(run: KillRun, what: string, look: () => Promise<T | undefined>): Promise<T | undefined> {
  const found = await until(what, async () => {
    if (run.isStruck) return 'struck';
    const seen = await look();
    return seen === undefined ? undefined : { seen };
  });
  return found === 'struck' ? undefined : found.seen;
}

async function restartManager(run: KillRun, wiped: boolean): Promise<void> {
  const { world, going } = run;
  // In the middle of something, and with workers that can be struck.
  const found = await unlessStruck(run, `shards of ${going.id} done`, async () => {
    const record = await world.fleet.instance(going.id, WATCHED);
    return record !== undefined && (record.step !== 'evaluate' || record.shardsDone >= 8) ? record : undefined;
  });
  if (found === undefined) return;
  world.fleet.manager.child.kill('SIGKILL');
  await world.fleet.manager.ended;
  if (wiped) world.wipeManager();
  // It may die on its way up, or be frozen there: whoever struck it starts it again.
  await world.fleet.startManager().catch(() => undefined);
}

/** An executor dies while it merges, and is started again. */
async function loseMerges(run: KillRun): Promise<void> {
  const { world, going } = run;
  const found = await unlessStruck(run, `a merge of ${going.id} under way`, async () => {
    const record = await world.fleet.instance(going.id, WATCHED);
    const isMerging = record?.step === 'merge' && record.shardsRunning > 1;
    return record !== undefined && (record.endedAtMs !== null || isMerging) ? record : undefined;
  });
  if (found === undefined || found.endedAtMs !== null) return;
  // The other one: `one` is there to be struck.
  run.countLoss();
  await world.killExecutor('two');
  world.startExecutor('two');
}

async function undo({ world, toUndo }: KillRun): Promise<void> {
  const { runId, tag } = toUndo;
  try {
    await world.fleet.call('POST', `/api/v1/runs/${runId}/actions`, {
      action: 'rollback',
      selection: [`${runId}/tag-${tag}`],
      reason: 'a test',
    });
  } catch (error) {
    // The manager died under it: the click is made again when nothing of it is seen.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Of executor `one`, as soon as it has one. */
async function killWorker({ world }: KillRun): Promise<void> {
  const pid = await until('a worker process of executor one', () => world.workerOf('one'));
  process.kill(pid, 'SIGKILL');
}

/** Another run of one of the tags, stopped while shards of it are computed. */
async function stopAnother(run: KillRun): Promise<void> {
  const { fleet } = run.world;
  try {
    const runId = await fleet.createRun({ mode: 'task-tags', tag_ids: [SMALL_TAGS[0]], business_date: '2026-11-22' });
    await unlessStruck(run, `a shard of ${runId} under way`, async () => {
      const found = await fleet.instance(runId, WATCHED);
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
