/** An executor's settings, compiled once and frozen. The only file that reads its environment. */
import { randomUUID } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';
import type { S3Credentials } from '@tagmill/shared/connections';
import { TagmillError } from '@tagmill/shared/errors';
import type { RuleEngine } from '@tagmill/shared/rule-engine';

export interface ExecutorConfig {
  /** `host:port` of the manager's gRPC. */
  readonly manager: string;
  readonly id: string;
  readonly name: string;
  readonly slots: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly cacheDir: string;
  /** For all workers together, bytes. */
  readonly memoryBytes: number;
  /** What evaluates conditions; `auto` takes what is faster for each. */
  readonly engine: RuleEngine;
  readonly spoolBytes: number;
  readonly cacheBytes: number;
  readonly tlsCaFile: string | undefined;
  readonly joinToken: string;
  readonly insecureDev: boolean;
  /** From the executor's own environment; wins over what the manager says. */
  readonly databaseUrl: string | undefined;
  readonly s3Endpoint: string | undefined;
  readonly s3Region: string | undefined;
  readonly s3Credentials: S3Credentials | undefined;
}

export interface ExecutorFlags {
  readonly manager: string;
  readonly name?: string | undefined;
  readonly slots?: number | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly cacheDir?: string | undefined;
  readonly memoryBytes?: number | undefined;
  readonly engine?: RuleEngine | undefined;
  readonly tlsCa?: string | undefined;
  readonly insecureDev?: boolean | undefined;
}

const GIB = 1024 ** 3;

export function compileConfig(
  flags: ExecutorFlags,
  environment: Readonly<Record<string, string | undefined>>,
  secret: (name: string) => string | undefined,
): ExecutorConfig {
  const joinToken = secret('TAGMILL_JOIN_TOKEN') ?? '';
  const insecureDev = flags.insecureDev === true;
  const loopback = isLoopback(flags.manager);
  if (!insecureDev && joinToken === '') {
    throw new TagmillError(
      'CONFIG_INVALID',
      'the executor has no join token: set TAGMILL_JOIN_TOKEN (or TAGMILL_JOIN_TOKEN_FILE) to the manager’s, or use --insecure-dev on this machine alone',
    );
  }
  if (insecureDev && !loopback)
    throw new TagmillError('NOT_ALLOWED', `--insecure-dev joins managers on loopback only, and ${flags.manager} is not`);
  if (!loopback && flags.tlsCa === undefined) {
    throw new TagmillError(
      'NOT_ALLOWED',
      `${flags.manager} is not on loopback: name the manager's certificate authority with --tls-ca FILE`,
    );
  }
  const name = flags.name ?? `${hostname()}-${process.pid}`;
  return Object.freeze({
    manager: flags.manager,
    id: flags.name ?? randomUUID(),
    name,
    slots: flags.slots ?? availableParallelism(),
    labels: flags.labels ?? {},
    cacheDir: resolve(flags.cacheDir ?? '.tagmill/cache', flags.cacheDir === undefined ? name : ''),
    memoryBytes: flags.memoryBytes ?? GIB,
    engine: flags.engine ?? 'auto',
    spoolBytes: 16 * GIB,
    cacheBytes: 16 * GIB,
    tlsCaFile: flags.tlsCa,
    joinToken,
    insecureDev,
    databaseUrl: environment['TAGMILL_DATABASE_URL'],
    s3Endpoint: environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'],
    s3Region: environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'],
    s3Credentials: s3Credentials(environment),
  });
}

function s3Credentials(environment: Readonly<Record<string, string | undefined>>): S3Credentials | undefined {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** Whether an address `host:port` is this machine's own. */
export function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
