/** Names of the manager's settings: in the file, in the environment, as flags. */
import {
  asAddress,
  asBoolean,
  asDurationMs,
  asHttpUrl,
  asLogLevel,
  asText,
  asTimeZone,
  wholeNumber,
} from '@tagmill/shared/setting-readers';
import type { SettingKey } from '@tagmill/shared/settings';

const key = <T>(name: string, env: readonly string[], read: SettingKey<T>['read'], more: Partial<SettingKey<T>> = {}): SettingKey<T> => ({
  name,
  env,
  read,
  ...more,
});
const environmentOnly = { secret: true, inFile: false, asFlag: false } as const;

function asDurability(written: string): 'local' | 'copied' {
  if (written === 'local' || written === 'copied') return written;
  throw new Error(`\`${written}\` is neither local nor copied`);
}

export const MANAGER_KEYS = {
  database: key('database', ['TAGMILL_DATABASE_URL'], asText, { secret: true }),
  databasePassword: key('database-password', ['TAGMILL_DATABASE_PASSWORD'], asText, environmentOnly),
  tables: key('tables', ['TAGMILL_TABLES'], asText),
  s3Endpoint: key('s3-endpoint', ['TAGMILL_S3_ENDPOINT', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'], asHttpUrl),
  s3Region: key('s3-region', ['AWS_REGION', 'AWS_DEFAULT_REGION'], asText, { asFlag: false }),
  dataDir: key('data-dir', ['TAGMILL_DATA_DIR'], asText),
  timeZone: key('time-zone', ['TAGMILL_TIME_ZONE'], asTimeZone),
  shardRows: key('shard-rows', ['TAGMILL_SHARD_ROWS'], wholeNumber(1, 100_000_000)),
  tasks: key('tasks', ['TAGMILL_TASKS'], asText),
  http: key('http', ['TAGMILL_HTTP'], asAddress),
  grpc: key('grpc', ['TAGMILL_GRPC'], asAddress),
  tlsCert: key('tls-cert', ['TAGMILL_TLS_CERT'], asText),
  tlsKey: key('tls-key', ['TAGMILL_TLS_KEY'], asText),
  insecureDev: key('insecure-dev', ['TAGMILL_INSECURE_DEV'], asBoolean),
  heartbeat: key('heartbeat', ['TAGMILL_HEARTBEAT'], asDurationMs),
  lease: key('lease', ['TAGMILL_LEASE'], asDurationMs),
  stopDeadline: key('stop-deadline', ['TAGMILL_STOP_DEADLINE'], asDurationMs),
  attemptDeadline: key('attempt-deadline', ['TAGMILL_ATTEMPT_DEADLINE'], asDurationMs),
  copies: key('copies', ['TAGMILL_COPIES'], wholeNumber(0, 1_000)),
  durability: key('durability', ['TAGMILL_DURABILITY'], asDurability),
  recoveryWindow: key('recovery-window', ['TAGMILL_RECOVERY_WINDOW'], asDurationMs),
  acceptLoss: key('accept-loss', [], asBoolean, { inFile: false }),
  recoverFrom: key('recover-from', [], asText, { inFile: false }),
  ruleApproval: key('rule-approval', ['TAGMILL_RULE_APPROVAL'], asBoolean),
  snapshotEvents: key('snapshot-events', ['TAGMILL_SNAPSHOT_EVENTS'], wholeNumber(1_000, 1_000_000_000)),
  snapshotInterval: key('snapshot-interval', ['TAGMILL_SNAPSHOT_INTERVAL'], asDurationMs),
  snapshotS3: key('snapshot-s3', ['TAGMILL_SNAPSHOT_S3'], asText),
  snapshotS3Keep: key('snapshot-s3-keep', ['TAGMILL_SNAPSHOT_S3_KEEP'], wholeNumber(1, 1_000)),
  stateKey: key('state-key', ['TAGMILL_STATE_KEY'], asText, environmentOnly),
  logLevel: key('log-level', ['TAGMILL_LOG_LEVEL'], asLogLevel),
  joinToken: key('join-token', ['TAGMILL_JOIN_TOKEN'], asText, environmentOnly),
  apiKey: key('api-key', ['TAGMILL_API_KEY'], asText, environmentOnly),
};
