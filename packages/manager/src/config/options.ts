/** What a manager is started with, compiled and frozen. `compileManagerConfig` is the only reader of its environment. */
import type { S3Credentials } from '@tagmill/shared/connections';
import type { TablesLocation } from '@tagmill/shared/job';

export interface ManagerConfig {
  /** `sqlite:PATH` or `mysql://user:pass@host:port/name`, password filled in. */
  readonly databaseUrl: string;
  readonly tables: TablesLocation;
  readonly s3Credentials: S3Credentials | undefined;
  readonly dataDir: string;
  readonly timeZone: string;
  readonly shardRows: number;
  /** Folder of task files; the shipped one by default. */
  readonly tasksDir: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly grpc: { readonly host: string; readonly port: number };
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  /** Asked of executors and of REST and WebSocket; undefined with insecureDev. */
  readonly joinToken: string | undefined;
  readonly apiKey: string | undefined;
  readonly insecureDev: boolean;
  /** Rules go live once somebody else than their writer has approved them; not when absent. */
  readonly ruleApproval?: boolean;
  /** Key of the signatures on copies of the journal; undefined: derived from the join token. */
  readonly stateKey: string | undefined;
  /** Executors that are sent copies of the journal at a time. */
  readonly copies: number;
  /** `copied`: confirmed only once an executor has its copy, too. */
  readonly durability: 'local' | 'copied';
  readonly recovery: RecoveryOptions;
  /** When snapshots of the journal are made and where copies of them go; the defaults when absent. */
  readonly snapshots?: SnapshotOptions;
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  /** What an attempt that is told to stop has before its process is ended, and what an attempt may take at all. */
  readonly deadlines: { readonly stopMs: number; readonly attemptMs: number };
  readonly logLevel: string;
}

export interface SnapshotOptions {
  /** One is made after so many events, each shard of a lease or a result as one. */
  readonly events: number;
  /** And after this time, when something was written. */
  readonly intervalMs: number;
  readonly s3: SnapshotStore | undefined;
}

/** A prefix of an S3 bucket that snapshots are copied to. */
export interface SnapshotStore {
  readonly bucket: string;
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly credentials: S3Credentials | undefined;
  /** Newest ones kept there of each journal. */
  readonly keep: number;
}

export const DEFAULT_SNAPSHOTS: SnapshotOptions = { events: 4_000_000, intervalMs: 60_000, s3: undefined };

/** How a start finds its journal when the own one does not hold all that was confirmed. */
export interface RecoveryOptions {
  /** How long it waits for executors that hold copies. */
  readonly windowMs: number;
  /** It goes on although something that was confirmed is missing. */
  readonly acceptLoss: boolean;
  /** `own`, `s3` or the name of an executor: the journal that a person has chosen; empty: nobody has. */
  readonly from: string;
}
