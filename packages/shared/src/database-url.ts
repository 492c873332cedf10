/** Where rules and tags live: `sqlite:PATH` or `mysql://user:pass@host:port/name`. */
import { TagmillError } from './errors.ts';

export interface MysqlTarget {
  readonly kind: 'mysql';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface SqliteTarget {
  readonly kind: 'sqlite';
  readonly path: string;
}

export type DatabaseTarget = MysqlTarget | SqliteTarget;

const FORM = 'write sqlite:PATH or mysql://user:pass@host:port/name';

/**
 * Reads a database URL. `password` is used when the URL has none. Throws USAGE;
 * no message ever repeats the URL, because it may hold a password.
 */
export function parseDatabaseUrl(text: string, password = ''): DatabaseTarget {
  if (text.startsWith('sqlite:')) {
    const path = text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (path === '') throw new TagmillError('USAGE', `the database URL names no file: ${FORM}`);
    return { kind: 'sqlite', path };
  }
  if (!/^(mysql|mariadb):\/\//.test(text)) {
    throw new TagmillError('USAGE', `the database URL begins with neither sqlite: nor mysql://; ${FORM}`);
  }
  return parseMysql(text, password);
}

function parseMysql(text: string, password: string): MysqlTarget {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new TagmillError(
      'USAGE',
      `the database URL cannot be read; ${FORM}, with special characters in the password percent-encoded`,
      {},
      // The parser's own message holds the URL.
      error instanceof Error ? error.name : undefined,
    );
  }
  const part = (raw: string, what: string): string => {
    try {
      return decodeURIComponent(raw);
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
      throw new TagmillError('USAGE', `the ${what} in the database URL has a % that is not percent-encoding; write %25`);
    }
  };
  const database = part(url.pathname.slice(1), 'name');
  if (url.hostname === '') throw new TagmillError('USAGE', `the database URL names no host: ${FORM}`);
  if (database === '' || database.includes('/')) throw new TagmillError('USAGE', `the database URL names no database: ${FORM}`);
  if (url.username === '') throw new TagmillError('USAGE', `the database URL names no user: ${FORM}`);
  return {
    kind: 'mysql',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 3306 : Number(url.port),
    user: part(url.username, 'user'),
    password: url.password === '' ? password : part(url.password, 'password'),
    database,
  };
}

/** The target as people may see it: without the password. */
export function describeDatabase(target: DatabaseTarget): string {
  if (target.kind === 'sqlite') return `sqlite:${target.path}`;
  return `mysql://${target.user}@${target.host}:${target.port}/${target.database}`;
}

/** The URL of a target with its password in it: for processes that need it, never for people. */
export function databaseUrlOf(target: DatabaseTarget): string {
  if (target.kind === 'sqlite') return `sqlite:${target.path}`;
  const { user, password, port, database } = target;
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  return `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}`;
}
