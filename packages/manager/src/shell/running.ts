/** What a manager is made of once it has started, and what its rooms share. */
import type { TagmillError } from '@tagmill/shared/errors';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { TagSink } from '@tagmill/shared/merge/sink';
import type { FoundTagTask } from '@tagmill/shared/tag-task';
import type { Logger } from 'pino';
import type { ManagerConfig } from '../config/options.ts';
import type { ManagerState } from '../core/state.ts';
import type { ExecutorServer } from '../grpc/server.ts';
import type { TagDatabase } from '../tagstore/open.ts';
import type { Questions } from './analyst/questions.ts';
import type { FeedSource } from './feed-source.ts';
import type { JournalWatch } from './journal-watch.ts';
import type { Loop } from './loop.ts';
import type { Replicator } from './replicator.ts';
import type { RowsIn } from './rows-in.ts';
import type { Settler } from './settler.ts';

export interface Running {
  readonly loop: Loop;
  readonly settler: Settler;
  readonly state: ManagerState;
  readonly database: TagDatabase;
  readonly sink: TagSink | undefined;
  readonly rows: RowsIn | undefined;
  readonly server: ExecutorServer;
  readonly feed: FeedSource;
  readonly watch: JournalWatch;
  readonly replicator: Replicator;
  readonly tasks: readonly FoundTagTask[];
  readonly lineage: string;
  readonly questions: Questions;
}

/** What the rooms of a manager may ask of it. */
export interface Hall {
  readonly config: ManagerConfig;
  readonly log: Logger;
  /** Throws UNREACHABLE before the start, and the failure after one. */
  live(): Running;
  started(): boolean;
  failure(): TagmillError | undefined;
  /** What the start does, or did. */
  recovery(): RecoveryReport;
  /** Something changed; at once when a person waits to see it. */
  announce(urgent: boolean): void;
  onChange(callback: (urgent: boolean) => void): () => void;
}
