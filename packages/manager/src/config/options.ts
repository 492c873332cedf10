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
  readonly heartbeatMs: number;
  readonly leaseMs: number;
  readonly logLevel: string;
}
