/**
 * A large table whose rows lie in no order of keys would be read whole by every
 * shard. It is sorted once into a copy in the cache, with the columns that the
 * pass reads, named by its content: other processes and later runs over the
 * same objects find it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { PassJob, PlannedTable } from '@tagmill/shared/job';
import { mapFull, removeOld } from '../sources/chunk-cache.ts';
import { KEY_COLUMN, readFooter } from '../sources/footer.ts';
import { type KeyCompare, keyCompare, lowerBound } from '../sources/key-order.ts';
import { discardScans, finishScans, openScans, planScans } from '../sources/materialize.ts';
import { pinObject } from '../sources/pin.ts';
import type { PassTable } from './compile-pass.ts';
import { mapEngineError } from './duckdb.ts';
import type { Evaluator } from './evaluator.ts';
import { type ReadColumn, sortedCopySql } from './scan-sql.ts';

/** Row groups read by so many shards each, on average, are worth sorting. */
const SHARDS_PER_ROW_GROUP = 3;
/** Files that nobody used for so long may be removed for others. */
const KEEP_MS = 3_600_000;
/** A lock that was not renewed for so long belongs to a process that is gone. */
const LOCK_MS = 15_000;
const POLL_MS = 100;
const LAYOUT_VERSION = 1;

/** Rows that are read over all shards, for each row of the table. */
export function timesRead(table: PlannedTable, cuts: readonly string[], compare: KeyCompare): number {
  let read = 0;
  for (const { rows, minKey, maxKey } of table.objects.flatMap((object) => object.rowGroups)) {
    const known = minKey !== undefined && maxKey !== undefined;
    read += rows * (known ? lowerBound(cuts, maxKey, compare) - lowerBound(cuts, minKey, compare) + 1 : cuts.length + 1);
  }
  return table.rows === 0 ? 0 : read / table.rows;
}

export function isWorthSorting(evaluator: Evaluator, table: PlannedTable, job: PassJob): boolean {
  if (table.rows < evaluator.sortRows || job.cuts.length < 2 || job.users.kind === 'list') return false;
  return timesRead(table, job.cuts, keyCompare(job.keyType)) > SHARDS_PER_ROW_GROUP;
}

/**
 * Sorted copies of the tables at `indexes`, made now unless they are there.
 * Several processes share the work: each takes a table that no other is at.
 * Errors: those of reading the tables, DISK_FULL.
 */
export async function sortedCopies(
  evaluator: Evaluator,
  job: PassJob,
  tables: readonly PassTable[],
  signal?: AbortSignal,
): Promise<Map<string, PassTable>> {
  const found = new Map<string, PassTable>();
  await mkdir(evaluator.sortedDir, { recursive: true });
  for (;;) {
    for (const table of tables) {
      const name = table.table.name;
      if (found.has(name)) continue;
      const file = `${contentName(evaluator, job, table)}.parquet`;
      const ready = (await existing(evaluator, file, table)) ?? (await makeUnlessOther(evaluator, job, table, file, signal));
      if (ready !== undefined) found.set(name, ready);
    }
    if (found.size === tables.length) return found;
    await pause(POLL_MS, signal);
  }
}

function contentName(evaluator: Evaluator, job: PassJob, { table, columns }: PassTable): string {
  const reads = columns.map((column) => {
    const types = new Set(table.objects.map((object) => object.columns.find((one) => one.name === column.name)?.storedType));
    return [
      column.name,
      column.sqlType,
      column.finish?.('x') ?? null,
      ...[...types].map((type) => (type === undefined ? null : column.read(type, 'x'))),
    ];
  });
  const objects = table.objects.map((object) => [object.key, object.etag, object.sizeBytes]);
  const content = JSON.stringify([LAYOUT_VERSION, evaluator.store.place, job.keyType, objects, reads]);
  return createHash('sha256').update(content).digest('hex').slice(0, 32);
}

/** The copy as a table of the pass, if it is there. */
async function existing(evaluator: Evaluator, file: string, table: PassTable): Promise<PassTable | undefined> {
  const object = await evaluator.sortedStore.head(file);
  if (object === undefined) return undefined;
  const footer = await readFooter(evaluator.sortedStore, object);
  // The time of last use stands beside the file: its own time is part of the pin.
  await touch(join(evaluator.sortedDir, `${file}.used`));
  const planned = { name: table.table.name, objects: [pinObject(object, footer)], rows: table.table.rows };
  return { ...table, table: planned, columns: table.columns.map(asItIs), copied: true };
}

const asItIs = ({ name, sqlType }: ReadColumn): ReadColumn => ({ name, sqlType, read: (_, raw) => raw, castError: () => null });

async function touch(path: string): Promise<void> {
  const now = new Date();
  await mkdir(path, { recursive: true });
  await utimes(path, now, now);
}

/** Makes the copy under a lock; undefined when another process is at it. */
async function makeUnlessOther(
  evaluator: Evaluator,
  job: PassJob,
  table: PassTable,
  file: string,
  signal?: AbortSignal,
): Promise<PassTable | undefined> {
  const lock = join(evaluator.sortedDir, `${file}.lock`);
  if (!(await take(lock))) return undefined;
  const renew = setInterval(() => void touch(lock).catch(() => undefined), LOCK_MS / 5);
  evaluator.onPreparation?.(`sorts ${table.table.name} by user, once for all runs over these ${table.table.rows} rows`);
  try {
    await makeRoom(evaluator.sortedDir, evaluator.sortedBytes);
    await make(evaluator, job, table, join(evaluator.sortedDir, file), signal);
    return await existing(evaluator, file, table);
  } finally {
    evaluator.onPreparation?.('');
    clearInterval(renew);
    await rm(lock, { recursive: true, force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof Error) || (thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
    const stats = await stat(lock).catch(() => undefined);
    if (stats !== undefined && Date.now() - stats.mtimeMs > LOCK_MS) await rm(lock, { recursive: true, force: true });
    return false;
  }
}

async function make(evaluator: Evaluator, job: PassJob, table: PassTable, path: string, signal?: AbortSignal): Promise<void> {
  const wish = { table: table.table, columns: table.columns.map((column) => column.name), range: {} };
  const files = await openScans(evaluator.copies, wish, planScans(wish, keyCompare(job.keyType)), signal);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const columns = table.columns.filter((column) => column.name !== KEY_COLUMN);
    const scan = { ...table, columns, keyType: job.keyType, range: {} };
    await evaluator.database.with(signal, (connection) => connection.run(sortedCopySql(scan, files, temporary)));
    await finishScans(files);
    await rename(temporary, path);
  } catch (thrown) {
    await discardScans(files);
    await rm(temporary, { force: true });
    signal?.throwIfAborted();
    throw mapEngineError(mapFull(thrown, evaluator.sortedDir), table.table.name);
  }
}

/** Removes copies that were not used for long, the oldest first, until the rest fits. */
async function makeRoom(dir: string, maxBytes: number): Promise<void> {
  const files: { path: string; sizeBytes: number; usedMs: number }[] = [];
  for (const name of await readdir(dir)) {
    const path = join(dir, name);
    if (name.endsWith('.tmp')) await removeOld(path, KEEP_MS);
    if (!name.endsWith('.parquet')) continue;
    const [stats, used] = await Promise.all([stat(path).catch(() => undefined), stat(`${path}.used`).catch(() => undefined)]);
    if (stats !== undefined) files.push({ path, sizeBytes: stats.size, usedMs: used?.mtimeMs ?? stats.mtimeMs });
  }
  let total = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  for (const file of files.sort((a, b) => a.usedMs - b.usedMs)) {
    if (total <= maxBytes || Date.now() - file.usedMs < KEEP_MS) return;
    await rm(file.path, { force: true });
    await rm(`${file.path}.used`, { recursive: true, force: true });
    total -= file.sizeBytes;
  }
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  return new Promise((resolve) => setTimeout(resolve, ms));
}
