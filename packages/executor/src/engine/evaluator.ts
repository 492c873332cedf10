/** What a worker process holds to read tables: store, cache, engine, spool. Opened once per location. */
import { resolve } from 'node:path';
import type { TablesLocation } from '@tagmill/shared/job';
import type { RuleEngine } from '@tagmill/shared/rule-engine';
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
  /** What evaluates conditions; `auto` when absent. */
  readonly engine?: RuleEngine;
  /** Unsorted tables of at least so many rows are sorted once into the cache; 2 million when absent. */
  readonly sortRows?: number;
  /** Told what is done once before a shard is evaluated, which can take a while; the empty text: it is done. */
  readonly onPreparation?: (text: string) => void;
}

const SORT_ROWS = 2_000_000;

export interface Evaluator {
  readonly store: ObjectStore;
  readonly copies: LocalCopies;
  readonly database: DuckDb;
  readonly spool: Spool;
  /** Scratches that no shard uses at the moment. */
  readonly scratches: Scratch[];
  readonly sortRows: number;
  /** Folder of sorted copies, and how much may lie there. */
  readonly sortedDir: string;
  readonly sortedBytes: number;
  readonly sortedStore: ObjectStore;
  readonly sortedCopies: LocalCopies;
  readonly onPreparation: ((text: string) => void) | undefined;
  readonly engine: RuleEngine;
  readonly threads: number;
  close(): void;
}

/** Errors: those of the engine's start. Nothing of the location is read yet. */
export async function openEvaluator(options: EvaluatorOptions): Promise<Evaluator> {
  const { location } = options;
  // The engine compares paths by their text.
  const store = await openObjectStore(location.kind === 'folder' ? { ...location, path: resolve(location.path) } : location, options.s3);
  const cacheDir = resolve(options.cacheDir);
  const sparseDir = `${cacheDir}/sparse`;
  const sortedDir = `${cacheDir}/sorted`;
  const tables = location.kind === 'folder' ? resolve(location.path) : sparseDir;
  const folders = [tables, sortedDir];
  const cache = new ChunkCache(`${cacheDir}/chunks`, options.cacheBytes);
  const sortedStore = await openObjectStore({ kind: 'folder', path: sortedDir });
  const database = await DuckDb.open({ ...options, tempDir: resolve(options.tempDir), folders });
  return {
    store,
    copies: new LocalCopies(store, cache, sparseDir),
    database,
    spool: new Spool(resolve(options.spoolDir), options.spoolBytes),
    scratches: [],
    sortRows: options.sortRows ?? SORT_ROWS,
    sortedDir,
    sortedBytes: options.cacheBytes,
    sortedStore,
    sortedCopies: new LocalCopies(sortedStore, cache, sparseDir),
    onPreparation: options.onPreparation,
    engine: options.engine ?? 'auto',
    threads: options.threads,
    close: () => {
      database.close();
      store.close();
    },
  };
}
