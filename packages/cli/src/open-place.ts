/** Opens the place that a command's flags name. Only what is used is loaded. */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { environmentSecret } from './files.ts';
import { databaseOf, databaseUrl, refuseMissingFile } from './flags/database.ts';
import { DEFAULT_SHARD_ROWS, defaultExecutors, type RunFlags, refuseLocalFlags } from './flags/run.ts';
import { requiredTables } from './flags/tables.ts';
import type { Place } from './place.ts';

/** Errors: USAGE, NOT_FOUND for a database file that is not there, and those of OwnManager.start. `executors`: how many to start when no flag says so. */
export async function openPlace(command: Command, executors = defaultExecutors()): Promise<Place> {
  const flags = command.opts<RunFlags>();
  if (flags.manager !== undefined) {
    refuseLocalFlags(command);
    const { RemoteManager } = await import('./remote/remote-manager.ts');
    return new RemoteManager(flags.manager, environmentSecret('TAGMILL_API_KEY'));
  }
  const target = databaseOf(command);
  const tables = requiredTables(command);
  await refuseMissingFile(target);
  const [{ OwnManager }, { SHIPPED_TASKS }] = await Promise.all([
    import('./embedded/own-manager.ts'),
    import('@tagmill/manager/config/compile'),
  ]);
  return OwnManager.start({
    databaseUrl: databaseUrl(target),
    tables,
    executors: flags.executors ?? executors,
    timeZone: flags.timeZone ?? 'UTC',
    shardRows: flags.shardRows ?? DEFAULT_SHARD_ROWS,
    tasksDir: flags.tasks === undefined ? SHIPPED_TASKS : resolve(flags.tasks),
  });
}
