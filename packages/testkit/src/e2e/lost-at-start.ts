/** A manager that is lost with its disk right after its start: with `durability: copied` it had confirmed nothing yet. */
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { type KillPlaces, KillWorld } from './kill-world.ts';
import { SMALL_TAGS } from './small-world.ts';

/** Sentences about what is not as it must be when it starts again from the executors' copies. */
export async function lostAtItsStart(places: KillPlaces): Promise<string[]> {
  const world = await KillWorld.start(places, { sink: 'mariadb', shardRows: 20, durability: 'copied' });
  const { fleet, control } = world;
  try {
    for (const name of fleet.executors.keys()) await fleet.executorIs(name, ['connected']);
    const runId = await world.newRun();
    if (runId === undefined) throw new Error('the run was not taken');
    await fleet.reached(runId, 'evaluate', 10, `tag-${SMALL_TAGS[0]}`);
    fleet.manager.child.kill('SIGKILL');
    await fleet.manager.ended;
    const id = control.arm({ point: 'manager.start.admitting', hit: 1, deed: 'kill', victim: 'manager' });
    await fleet.startManager().catch(() => undefined);
    await fleet.manager.ended;
    if (control.taken(id) === undefined) throw new Error(`the manager ended before its point: ${fleet.manager.stderr}`);
    control.disarm();
    world.wipeManager();
    await fleet.startManager();
    const report = await fleet.get<RecoveryReport>('/api/v1/recovery');
    const wrong = report.outcome === 'copy' ? [] : [`it recovered from ${report.outcome}: ${report.sentence}`];
    return [...wrong, ...(await world.verdict(runId)), ...(await fleet.stop())];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error), ...world.lastWords()];
  } finally {
    await world.close();
  }
}
