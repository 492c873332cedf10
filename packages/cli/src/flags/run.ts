/** Flags that every command that computes tags has, and the request that they make. */
import { availableParallelism, userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import type { RunRequest } from '@tagmill/manager/port';
import { TagmillError } from '@tagmill/shared/errors';
import { asDay, asDayOrInstant, asHttpUrl, asTimeZone, wholeNumber } from '@tagmill/shared/setting-readers';
import { databaseFlag } from './database.ts';
import { valueFlag } from './flag.ts';
import { endpointFlag, tablesFlag } from './tables.ts';

const MOST_EXECUTORS = 256;
const MOST_EXECUTORS_BY_DEFAULT = 4;
const MOST_SHARD_ROWS = 100_000_000;
export const DEFAULT_SHARD_ROWS = 250_000;

export const defaultExecutors = (): number => Math.min(MOST_EXECUTORS_BY_DEFAULT, availableParallelism());

export interface RunFlags {
  readonly manager?: string;
  readonly businessDate?: string;
  readonly asOf?: string;
  readonly timeZone?: string;
  readonly executors?: number;
  readonly shardRows?: number;
  readonly tasks?: string;
  readonly json: boolean;
}

export const managerFlag = (about: string): Option => valueFlag('--manager <URL>', about, asHttpUrl);

/** Flags of where the work is done: by a manager of the command's own, or by one that runs. */
export function addPlaceFlags(command: Command): Command {
  return command
    .addOption(databaseFlag())
    .addOption(tablesFlag())
    .addOption(endpointFlag())
    .addOption(managerFlag('submit to the manager at this address (key in TAGMILL_API_KEY) instead of starting one'))
    .option('--tasks <DIR>', 'folder of task files; the one that comes with Tagmill')
    .addOption(new Option('--json', 'one JSON document on stdout').default(false, 'text'));
}

export function addRunFlags(command: Command): Command {
  return addPlaceFlags(command)
    .addOption(valueFlag('--business-date <DAY>', 'day of the tables to read; the newest that every table has', asDay))
    .addOption(valueFlag('--as-of <DAY>', 'day or instant that rules take as now; the business date', asDayOrInstant))
    .addOption(valueFlag('--time-zone <ZONE>', 'zone in which days begin (UTC)', asTimeZone))
    .addOption(
      valueFlag(
        '--executors <N>',
        `executor processes to start (number of cores, at most ${MOST_EXECUTORS_BY_DEFAULT}: ${defaultExecutors()})`,
        wholeNumber(1, MOST_EXECUTORS),
      ),
    )
    .addOption(
      valueFlag(
        '--shard-rows <N>',
        `users in a shard, about (${DEFAULT_SHARD_ROWS.toLocaleString('en-US')})`,
        wholeNumber(1, MOST_SHARD_ROWS),
      ),
    );
}

/** Flags that mean nothing to a manager that runs already are refused rather than ignored. Throws USAGE. */
export function refuseLocalFlags(command: Command): void {
  for (const name of ['database', 'tables', 's3Endpoint', 'executors', 'tasks']) {
    if (command.getOptionValueSource(name) !== 'cli') continue;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replace('s3-', 's3-')}`;
    throw new TagmillError('USAGE', `${flag} cannot be used with --manager: the manager has its own; leave one of them out`);
  }
}

/** The request that the flags make, beside what is the verb's own. */
export function requestOf(flags: RunFlags, own: Pick<RunRequest, 'mode' | 'tagIds' | 'userIds' | 'days'>): RunRequest {
  const { businessDate, asOf, timeZone, shardRows } = flags;
  return {
    ...own,
    ...(businessDate === undefined ? {} : { businessDate }),
    ...(asOf === undefined ? {} : { asOf }),
    ...(timeZone === undefined ? {} : { timeZone }),
    ...(shardRows === undefined ? {} : { shardRows }),
    who: `cli:${userName()}`,
  };
}

export function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // A container may run under a number that no user has.
    return error instanceof Error ? String(process.getuid?.() ?? 'unknown') : 'unknown';
  }
}
