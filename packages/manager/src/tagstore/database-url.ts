/** The database's address with the password from the environment where the URL has none. */
import { readFileSync } from 'node:fs';
import { type DatabaseTarget, parseDatabaseUrl } from '@tagmill/shared/database-url';
import { TagmillError } from '@tagmill/shared/errors';

export const PASSWORD_VARIABLE = 'TAGMILL_DATABASE_PASSWORD';

/** Throws USAGE for a URL that cannot be read, FILE_UNREADABLE for the password's file. */
export function databaseTarget(url: string, environment: Readonly<Record<string, string | undefined>>): DatabaseTarget {
  return parseDatabaseUrl(url, environment[PASSWORD_VARIABLE] ?? passwordFromFile(environment[`${PASSWORD_VARIABLE}_FILE`]));
}

function passwordFromFile(path: string | undefined): string {
  if (path === undefined || path === '') return '';
  try {
    // Files written by editors and secret stores end with a line break that is no part of the password.
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new TagmillError('FILE_UNREADABLE', `${PASSWORD_VARIABLE}_FILE names ${path}, which cannot be read`, { path }, error);
  }
}
