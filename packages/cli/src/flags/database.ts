/** The flag `--database` and what it opens. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { TagmillError } from '@tagmill/shared/errors';
import { type DatabaseTarget, databaseUrlOf, parseDatabaseUrl } from '@tagmill/shared/database-url';
import type { TagMetadata } from '@tagmill/manager/tagstore/metadata';
import { REACH_FOR_MS, untilReachable } from '@tagmill/shared/until-reachable';
import { environmentSecret } from '../files.ts';
import { say } from '../say.ts';

export const databaseFlag = (): Option =>
  new Option(
    '--database <URL>',
    'sqlite:PATH or mysql://user:pass@host:port/name; password also from TAGMILL_DATABASE_PASSWORD[_FILE]',
  ).env('TAGMILL_DATABASE_URL');

/** The database that the flags name, password filled in. Throws USAGE. */
export function databaseOf(command: Command): DatabaseTarget {
  const url = command.opts<{ database?: string }>().database;
  if (url === undefined) {
    throw new TagmillError('USAGE', 'no database is named; give --database sqlite:PATH or mysql://user:pass@host:port/name');
  }
  return parseDatabaseUrl(url, environmentSecret('TAGMILL_DATABASE_PASSWORD'));
}

/** Its URL with password and whole path, as a manager and its executors take it. */
export const databaseUrl = (target: DatabaseTarget): string =>
  databaseUrlOf(target.kind === 'sqlite' ? { ...target, path: resolve(target.path) } : target);

/** Opens rules and tags, hands them to `use`, closes them. */
export async function withMetadata<T>(
  target: DatabaseTarget,
  use: (metadata: TagMetadata) => Promise<T>,
  reachForMs = REACH_FOR_MS,
): Promise<T> {
  const { openMetadata } = await import('@tagmill/manager/tagstore/open');
  const metadata = openMetadata(databaseUrl(target));
  try {
    await untilReachable(
      () => metadata.ping(),
      (why) => say(`${why}; trying for ${Math.round(reachForMs / 1000)} s`),
      reachForMs,
    );
    return await use(metadata);
  } finally {
    await metadata.close();
  }
}

/** For commands that only read: a SQLite file that is not there is not created. Throws NOT_FOUND. */
export async function refuseMissingFile(target: DatabaseTarget): Promise<void> {
  if (target.kind !== 'sqlite') return;
  const { existsSync } = await import('node:fs');
  if (!existsSync(target.path)) {
    throw new TagmillError(
      'NOT_FOUND',
      `there is no database at sqlite:${target.path}; check the path, or create it with \`tagmill db init --database sqlite:${target.path}\``,
    );
  }
}
