/**
 * The manager's configuration: file < environment < flags, all faults at once,
 * compiled and frozen. The only reader of the manager's environment.
 */
import { resolve } from 'node:path';
import type { S3Credentials } from '@tagmill/shared/connections';
import { databaseUrlOf, parseDatabaseUrl } from '@tagmill/shared/database-url';
import type { TablesLocation } from '@tagmill/shared/job';
import { type Address, isLoopbackHost, parseTablesUrl } from '@tagmill/shared/setting-readers';
import { type Found, printSettings, readSettings, refuseFaults, type SettingSources } from '@tagmill/shared/settings';
import { MANAGER_KEYS } from './keys.ts';
import { DEFAULT_SNAPSHOTS, type ManagerConfig, type SnapshotOptions } from './options.ts';
import { SHIPPED_TASKS } from './shipped-tasks.ts';

type Settings = Found<typeof MANAGER_KEYS>;

const DEFAULT_HTTP: Address = { host: '127.0.0.1', port: 8080 };
const DEFAULT_GRPC: Address = { host: '127.0.0.1', port: 7443 };
const DEFAULT_SHARD_ROWS = 250_000;
const DEFAULT_HEARTBEAT_MS = 3_000;
const DEFAULT_LEASE_MS = 9_000;
const DEFAULT_DEADLINES = { stopMs: 5_000, attemptMs: 3_600_000 } as const;
const DEFAULT_COPIES = 8;
const DEFAULT_RECOVERY_WINDOW_MS = 5_000;
const LEAST_KEY = 16;
/** Snapshots kept on S3. */
const DEFAULT_KEEP = 3;
/** Secrets that stand in examples everywhere. */
const WELL_KNOWN = new Set(['changeme', 'change-me', 'default', 'password']);

export { SHIPPED_TASKS };

export interface CompiledManager {
  readonly config: ManagerConfig;
  /** For `--print-config`: every setting and where it came from, secrets masked. */
  readonly printed: string;
}

/** Errors: CONFIG_INVALID, with every fault in its message and in `facts.faults`. */
export function compileManagerConfig(sources: SettingSources): CompiledManager {
  const { found, faults: readFaults } = readSettings(MANAGER_KEYS, sources);
  const faults = [...readFaults];
  const databaseUrl = databaseOf(found, faults);
  const tables = tablesOf(found, faults);
  const addresses = addressesOf(found, faults);
  const secrets = secretsOf(found, faults);
  const tls = tlsOf(found, sources, faults);
  const heartbeatMs = found.heartbeat?.value ?? DEFAULT_HEARTBEAT_MS;
  const leaseMs = found.lease?.value ?? DEFAULT_LEASE_MS;
  if (leaseMs < 2 * heartbeatMs) faults.push(`lease: ${leaseMs} ms is under two heartbeats of ${heartbeatMs} ms; make it longer`);
  checkReach(found, addresses, tls !== undefined, faults);
  if (found.durability?.value === 'copied' && found.copies?.value === 0)
    faults.push('durability: `copied` waits for copies, and copies is 0; allow some, or use local');
  const { stateKey } = found;
  if (stateKey !== undefined && (stateKey.value.length < LEAST_KEY || WELL_KNOWN.has(stateKey.value.toLowerCase())))
    faults.push(`TAGMILL_STATE_KEY has fewer than ${LEAST_KEY} characters or is known to everybody; choose a long secret one`);
  const snapshots = snapshotsOf(found, sources, faults);
  refuseFaults('manager', faults);
  const config: ManagerConfig = {
    databaseUrl: databaseUrl!,
    tables: tables!,
    s3Credentials: s3CredentialsOf(sources.environment),
    dataDir: resolve(found.dataDir?.value ?? '.tagmill'),
    timeZone: found.timeZone?.value ?? 'UTC',
    shardRows: found.shardRows?.value ?? DEFAULT_SHARD_ROWS,
    tasksDir: resolve(found.tasks?.value ?? SHIPPED_TASKS),
    ...addresses,
    tls,
    ...secrets,
    stateKey: found.stateKey?.value,
    copies: found.copies?.value ?? DEFAULT_COPIES,
    durability: found.durability?.value ?? 'local',
    snapshots: snapshots!,
    recovery: {
      windowMs: found.recoveryWindow?.value ?? DEFAULT_RECOVERY_WINDOW_MS,
      acceptLoss: found.acceptLoss?.value === true,
      from: found.recoverFrom?.value ?? '',
    },
    ruleApproval: found.ruleApproval?.value === true,
    insecureDev: found.insecureDev?.value === true,
    heartbeatMs,
    leaseMs,
    deadlines: {
      stopMs: found.stopDeadline?.value ?? DEFAULT_DEADLINES.stopMs,
      attemptMs: found.attemptDeadline?.value ?? DEFAULT_DEADLINES.attemptMs,
    },
    logLevel: found.logLevel?.value ?? 'info',
  };
  return { config: Object.freeze(config), printed: printSettings(found, MANAGER_KEYS) };
}

function databaseOf(found: Settings, faults: string[]): string | undefined {
  if (found.database === undefined) {
    faults.push('no database is named; give --database URL (sqlite:PATH or mysql://user:pass@host:port/name) or TAGMILL_DATABASE_URL');
    return undefined;
  }
  try {
    const target = parseDatabaseUrl(found.database.value, found.databasePassword?.value);
    return databaseUrlOf(target.kind === 'sqlite' ? { ...target, path: resolve(target.path) } : target);
  } catch (error) {
    faults.push(`${found.database.from}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function tablesOf(found: Settings, faults: string[]): TablesLocation | undefined {
  if (found.tables === undefined) {
    faults.push('no tables are named; give --tables FOLDER or s3://bucket/prefix, or TAGMILL_TABLES');
    return undefined;
  }
  try {
    return tablesLocation(found.tables.value, found.s3Endpoint?.value, found.s3Region?.value);
  } catch (error) {
    faults.push(`${found.tables.from}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** The place of the tables, a folder with its whole path. Throws USAGE. */
function tablesLocation(written: string, endpoint: string | undefined, region: string | undefined): TablesLocation {
  const location = parseTablesUrl(written, { endpoint, region });
  return location.kind === 'folder' ? { ...location, path: resolve(location.path) } : location;
}

/** Undefined when there is a fault. */
function snapshotsOf(found: Settings, sources: SettingSources, faults: string[]): SnapshotOptions | undefined {
  const events = found.snapshotEvents?.value ?? DEFAULT_SNAPSHOTS.events;
  const intervalMs = found.snapshotInterval?.value ?? DEFAULT_SNAPSHOTS.intervalMs;
  const { snapshotS3 } = found;
  if (snapshotS3 === undefined) {
    if (found.snapshotS3Keep !== undefined) faults.push(`${found.snapshotS3Keep.from} stands alone; name the place with --snapshot-s3`);
    return { events, intervalMs, s3: undefined };
  }
  try {
    const place = parseTablesUrl(snapshotS3.value, { endpoint: found.s3Endpoint?.value, region: found.s3Region?.value });
    if (place.kind !== 's3') throw new Error('only s3://bucket/prefix is possible');
    const { bucket, prefix, endpoint, region } = place;
    const keep = found.snapshotS3Keep?.value ?? DEFAULT_KEEP;
    return { events, intervalMs, s3: { bucket, prefix, endpoint, region, credentials: s3CredentialsOf(sources.environment), keep } };
  } catch (error) {
    faults.push(`${snapshotS3.from}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function addressesOf(found: Settings, faults: string[]): { readonly http: Address; readonly grpc: Address } {
  const http = found.http?.value ?? DEFAULT_HTTP;
  const grpc = found.grpc?.value ?? DEFAULT_GRPC;
  if (http.port !== 0 && http.port === grpc.port && http.host === grpc.host)
    faults.push(`http and grpc both ask for ${http.host}:${http.port}; give them different ports`);
  return { http, grpc };
}

function secretsOf(found: Settings, faults: string[]): Pick<ManagerConfig, 'joinToken' | 'apiKey'> {
  const secrets = { joinToken: found.joinToken?.value, apiKey: found.apiKey?.value };
  const wanted = [
    ['TAGMILL_JOIN_TOKEN', secrets.joinToken, 'executors join with it'],
    ['TAGMILL_API_KEY', secrets.apiKey, 'REST, WebSocket and the page ask for it'],
  ] as const;
  for (const [name, value, use] of wanted) {
    if (value !== undefined && WELL_KNOWN.has(value.toLowerCase()))
      faults.push(`${name} has a value that everybody knows; choose a secret one`);
    if (value === undefined && found.insecureDev?.value !== true) {
      faults.push(`${name} is not set (${use}); set it or ${name}_FILE, or use --insecure-dev on this machine alone`);
    }
  }
  if (secrets.apiKey !== undefined && !/^[!-~]+$/.test(secrets.apiKey))
    faults.push('TAGMILL_API_KEY has characters that no Authorization header carries; use letters, digits and signs, without spaces');
  return secrets;
}

function tlsOf(found: Settings, sources: SettingSources, faults: string[]): ManagerConfig['tls'] {
  const { tlsCert, tlsKey } = found;
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    faults.push(`${(tlsCert ?? tlsKey)!.from} stands alone; give both --tls-cert FILE and --tls-key FILE`);
    return undefined;
  }
  for (const setting of [tlsCert, tlsKey]) {
    try {
      sources.readText(setting.value);
    } catch (error) {
      faults.push(`${setting.from}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { certFile: resolve(tlsCert.value), keyFile: resolve(tlsKey.value) };
}

function checkReach(
  found: Settings,
  addresses: { readonly http: Address; readonly grpc: Address },
  hasTls: boolean,
  faults: string[],
): void {
  for (const [name, { host, port }] of Object.entries(addresses)) {
    if (isLoopbackHost(host)) continue;
    if (found.insecureDev?.value === true)
      faults.push(`--insecure-dev stays on loopback, and ${name} is ${host}:${port}; listen on 127.0.0.1 or set secrets and TLS`);
    else if (!hasTls)
      faults.push(
        `${name} listens on ${host}:${port}, beyond this machine; give --tls-cert FILE and --tls-key FILE, or listen on 127.0.0.1`,
      );
  }
}

/** Credentials that stand in the environment; others are found by the SDK in AWS's own ways. */
export function s3CredentialsOf(environment: SettingSources['environment']): S3Credentials | undefined {
  const accessKeyId = environment['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
