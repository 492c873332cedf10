/** What a worker process holds to read tables: store, cache, engine, spool. Opened once per location. */
import { resolve } from 'node:path';
import type { TablesLocation } from '@tagmill/shared/job';
import { ChunkCache } from '../sources/chunk-cache.ts';
import { LocalCopies } from '../sources/local-copy.ts';
import { type ObjectStore, openObjectStore } from '../sources/object-store.ts';
import type { S3StoreOptions } from '../sources/s3.ts';
import { DuckDb } from './duckdb.ts';
import type { Scratch } from './scratch.ts';
import { Spool } from './spool.ts';

export interface EvaluatorOptions {
  readonly location: TablesLocation;
  readonly s3?: S3StoreOptions;
  /** Folder of the process's or machine's cache; several processes may share it. */
  readonly cacheDir: string;
  readonly cacheBytes: number;
  readonly spoolDir: string;
  readonly spoolBytes: number;
  /** Folder for spilled sorts, of this process alone. */
  readonly tempDir: string;
  readonly tempBytes: number;
  /** For the engine; beside it a shard takes about 100 bytes a user and table. */
  readonly memoryBytes: number;
  readonly threads: number;
}

export interface Evaluator {
  readonly store: ObjectStore;
  readonly copies: LocalCopies;
  readonly database: DuckDb;
  readonly spool: Spool;
  /** Scratches that no shard uses at the moment. */
  readonly scratches: Scratch[];
  close(): void;
}

/** Errors: those of the engine's start. Nothing of the location is read yet. */
export async function openEvaluator(options: EvaluatorOptions): Promise<Evaluator> {
  const store = openObjectStore(options.location, options.s3);
  const cacheDir = resolve(options.cacheDir);
  const sparseDir = `${cacheDir}/sparse`;
  const folders = options.location.kind === 'folder' ? [resolve(options.location.path)] : [sparseDir];
  const database = await DuckDb.open({ ...options, tempDir: resolve(options.tempDir), folders });
  return {
    store,
    copies: new LocalCopies(store, new ChunkCache(`${cacheDir}/chunks`, options.cacheBytes), sparseDir),
    database,
    spool: new Spool(resolve(options.spoolDir), options.spoolBytes),
    scratches: [],
    close: () => {
      database.close();
      store.close();
    },
  };
}
