/** Opens what a manager or a command needs of the database, whichever it is. */
import type { TagSink } from '@tagmill/shared/merge/sink';
import { databaseTarget } from './database-url.ts';
import type { ShardLedger } from './ledger.ts';
import type { TagMetadata } from './metadata.ts';
import { MysqlMetadataDatabase } from './mysql/database.ts';
import { MysqlShardLedger } from './mysql/ledger.ts';
import { SqlMetadata } from './sql-metadata.ts';
import { SqliteTagStoreClient } from './sqlite/client.ts';
import { SqliteMetadataDatabase } from './sqlite/database.ts';

export interface TagDatabase {
  readonly metadata: TagMetadata;
  /** Embedded mode only: with MySQL the executors merge by themselves. */
  readonly sink: TagSink | undefined;
  readonly ledger: ShardLedger;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Metadata alone, for commands. Opens or creates the file for SQLite; connects on first use for MySQL. */
export function openMetadata(url: string, environment: Environment = process.env): TagMetadata {
  const target = databaseTarget(url, environment);
  return new SqlMetadata(target.kind === 'mysql' ? new MysqlMetadataDatabase(target) : new SqliteMetadataDatabase(target.path));
}

/** Metadata and, for SQLite, the sink, whose thread makes the tables that are missing. */
export async function openTagDatabase(url: string, environment: Environment = process.env): Promise<TagDatabase> {
  const target = databaseTarget(url, environment);
  if (target.kind === 'mysql') {
    const metadata = openMetadata(url, environment);
    return { metadata, sink: undefined, ledger: new MysqlShardLedger(target), close: () => metadata.close() };
  }
  const store = await SqliteTagStoreClient.open(target.path);
  const metadata = openMetadata(url, environment);
  return {
    metadata,
    sink: store,
    ledger: store,
    async close() {
      await store.close();
      await metadata.close();
    },
  };
}
