/** Evaluates one shard of a pass: tables read and joined by key, every tag of it for every user, into a piece. */
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { EvaluateResult, PassJob } from '@tagmill/shared/job';
import { compareUtf8, type KeyRange, keyCompare, lowerBound, shardRange } from '../sources/key-order.ts';
import { discardScans, finishScans, type OpenScan, openScans, planScans, prefetchScans, type ScanWish } from '../sources/materialize.ts';
import { type AbsentWords, type Assembled, assemble } from './assemble.ts';
import { isWorthSorting, sortedCopies } from './cluster.ts';
import { type CompiledPass, compilePass, type PassTable } from './compile-pass.ts';
import { mapEngineError, oneRow } from './duckdb.ts';
import { withSortedSources } from './derived/sorted-sources.ts';
import { prefetchDerived, readDerived, type ShardPart } from './derived/read-derived.ts';
import type { Evaluator } from './evaluator.ts';
import { fetchTable, type TableRows, wordsOfChunk } from './fetch-table.ts';
import { type Keys, type RankedKeys, rankKeys } from './keys.ts';
import { type PieceBatch, writePiece } from './piece.ts';
import { absentSql, type TableScan } from './scan-sql.ts';
import { Scratch } from './scratch.ts';
import { resolvePopulations } from './wide/populations.ts';
import { loadValues } from './wide/value-tables.ts';

/** A pass made ready by this process, and what was learned about its tables. */
interface ReadyPass {
  readonly compiled: CompiledPass;
  readonly absent: readonly AbsentWords[];
  /** Users of a list scope, in key order. */
  readonly users: readonly string[] | undefined;
}

const readyPasses = new WeakMap<Evaluator, WeakMap<PassJob, Promise<ReadyPass>>>();

/**
 * Evaluates a shard and leaves its piece at `spool.path(runId, pass, shard)`.
 * The same job gives the same piece and hash in every attempt and process.
 * Give the same `job` object for every shard of a pass: it is compiled once.
 * Errors: TABLE_UNREADABLE, TABLE_DUPLICATE_KEY (both with `facts.table`),
 * INPUT_CHANGED, FIELD_REQUIRED, DISK_FULL, OUT_OF_MEMORY, S3_DENIED,
 * S3_UNAVAILABLE; the signal's reason when it was aborted.
 */
export async function evaluateShard(evaluator: Evaluator, job: PassJob, shard: number, signal?: AbortSignal): Promise<EvaluateResult> {
  const scratch = evaluator.scratches.pop() ?? new Scratch();
  try {
    return await evaluateWith(evaluator, job, shard, scratch, signal);
  } finally {
    evaluator.scratches.push(scratch);
  }
}

async function evaluateWith(
  evaluator: Evaluator,
  job: PassJob,
  shard: number,
  scratch: Scratch,
  signal?: AbortSignal,
): Promise<EvaluateResult> {
  const started = performance.now();
  const bytesBefore = evaluator.copies.bytesRead;
  if (shard < 0 || shard > job.cuts.length) throw new TagmillError('INTERNAL', `there is no shard ${shard} of ${job.cuts.length + 1}`);
  const pass = await readyPass(evaluator, job, signal);
  const range = shardRange(job.cuts, shard);
  const users = pass.users === undefined ? undefined : usersOfRange(pass.users, range, job.keyType);
  const rows = await readTables(evaluator, job, pass, range, users, scratch, signal);
  failpoint('worker.evaluate.read');
  const result = assemble(
    pass.compiled,
    rows,
    pass.absent,
    users === undefined ? undefined : scopeKeys(users, range, job.keyType),
    scratch,
  );
  const tagIds = job.tags.map((tag) => tag.tagId);
  await evaluator.spool.reserve(result.batches.reduce((sum, batch) => sum + sizeOfBatch(batch), 0));
  failpoint('worker.evaluate.reserved');
  const pieceHash = await writePiece(evaluator.spool.path(job.runId, job.pass, shard), job.keyType, tagIds, result.batches);
  return {
    pieceHash,
    users: result.users,
    tags: countsOf(tagIds, result),
    bytesRead: evaluator.copies.bytesRead - bytesBefore,
    castErrors: rows.reduce((sum, table) => sum + table.castErrors, 0),
    durationMs: performance.now() - started,
  };
}

/**
 * Brings a shard's bytes into the cache while another is evaluated; nothing to
 * do for a folder. Errors: those of reading.
 */
export async function prefetchShard(evaluator: Evaluator, job: PassJob, shard: number, signal?: AbortSignal): Promise<void> {
  if (job.location.kind === 'folder') return;
  const pass = await readyPass(evaluator, job, signal);
  const range = shardRange(job.cuts, shard);
  const users = pass.users === undefined ? undefined : usersOfRange(pass.users, range, job.keyType);
  for (const table of pass.compiled.tables) {
    if (table.derived !== undefined)
      await prefetchDerived(evaluator, job, { ...table, derived: table.derived }, partOf(range, users), signal);
    else if (table.copied !== true) await prefetchScans(evaluator.copies, wishOf(table, range, users), keyCompare(job.keyType), signal);
  }
}

function countsOf(tagIds: readonly number[], result: Assembled): EvaluateResult['tags'] {
  return tagIds.map((tagId, index) => ({
    tagId,
    evaluated: result.evaluated[index]!,
    matched: result.matched[index]!,
    unknown: result.unknown[index]!,
  }));
}

const sizeOfBatch = (batch: PieceBatch): number =>
  batch.keys.length + batch.offsets.byteLength + (batch.evaluated === null ? 2 : 3) * batch.matched.byteLength + 16;

async function readyPass(evaluator: Evaluator, job: PassJob, signal?: AbortSignal): Promise<ReadyPass> {
  await loadValues(evaluator, job, signal);
  const ready = readyPasses.get(evaluator) ?? new WeakMap<PassJob, Promise<ReadyPass>>();
  readyPasses.set(evaluator, ready);
  const known = ready.get(job);
  if (known !== undefined) return known;
  const making = makeReady(evaluator, job, signal);
  ready.set(job, making);
  making.catch(() => ready.delete(job));
  return making;
}

async function makeReady(evaluator: Evaluator, given: PassJob, signal?: AbortSignal): Promise<ReadyPass> {
  const job = await resolvePopulations(evaluator, given, signal);
  const compiled = await withSortedCopies(evaluator, job, compilePass(job, evaluator.engine), signal);
  const absent: AbsentWords[] = [];
  await evaluator.database.with(signal, async (connection) => {
    for (const table of compiled.tables) {
      if (table.leaves.length === 0) absent.push(new Uint32Array(1));
      else absent.push(wordsOfChunk(await oneRow(connection, absentSql(table)), table.leaves.length));
    }
  });
  return {
    compiled,
    absent,
    users: job.users.kind === 'list' ? sortedUsers(job.users.users, job.keyType) : undefined,
  };
}

/** The pass with tables replaced by sorted copies where that is worth it. */
async function withSortedCopies(evaluator: Evaluator, job: PassJob, pass: CompiledPass, signal?: AbortSignal): Promise<CompiledPass> {
  const unsorted = pass.tables.filter(({ table, derived }) => derived === undefined && isWorthSorting(evaluator, table, job));
  const copies = unsorted.length === 0 ? new Map<string, PassTable>() : await sortedCopies(evaluator, job, unsorted, signal);
  const tables: PassTable[] = [];
  for (const table of pass.tables) {
    if (table.derived === undefined) tables.push(copies.get(table.table.name) ?? table);
    else tables.push({ ...table, derived: await withSortedSources(evaluator, job, table.derived, signal) });
  }
  return { ...pass, tables };
}

const INTEGER = /^-?(0|[1-9][0-9]{0,18})$/;

function sortedUsers(users: readonly string[], keyType: PassJob['keyType']): string[] {
  const own = keyType === 'string' ? users : users.filter((user) => INTEGER.test(user));
  return [...new Set(own)].sort(keyType === 'string' ? compareUtf8 : keyCompare(keyType));
}

function usersOfRange(users: readonly string[], range: KeyRange, keyType: PassJob['keyType']): string[] {
  const compare = keyCompare(keyType);
  const from = range.from === undefined ? 0 : lowerBound(users, range.from, compare);
  const to = range.to === undefined ? users.length : lowerBound(users, range.to, compare);
  return users.slice(from, to);
}

function scopeKeys(users: readonly string[], range: KeyRange, keyType: PassJob['keyType']): RankedKeys {
  return rankKeys(keysOfUsers(users, keyType), range, new Float64Array(users.length));
}

function keysOfUsers(users: readonly string[], keyType: PassJob['keyType']): Keys {
  if (keyType === 'int64') return { kind: 'int64', count: users.length, values: BigInt64Array.from(users, BigInt) };
  const offsets = new Uint32Array(users.length + 1);
  users.forEach((user, at) => {
    offsets[at + 1] = offsets[at]! + Buffer.byteLength(user, 'utf8');
  });
  return { kind: 'string', count: users.length, bytes: Buffer.from(users.join(''), 'utf8'), offsets };
}

/** All tables of the shard; the next one's files come in while one is read. */
async function readTables(
  evaluator: Evaluator,
  job: PassJob,
  pass: ReadyPass,
  range: KeyRange,
  users: readonly string[] | undefined,
  scratch: Scratch,
  signal?: AbortSignal,
): Promise<TableRows[]> {
  const rows: TableRows[] = [];
  const { tables } = pass.compiled;
  const open = (table: PassTable | undefined): Promise<OpenScan[]> | undefined =>
    table === undefined || table.derived !== undefined
      ? undefined
      : withTable(table, openTable(evaluator, job, table, range, users, signal));
  let next = open(tables[0]);
  for (let index = 0; index < tables.length; index += 1) {
    const table = tables[index]!;
    const files = await next;
    next = open(tables[index + 1]);
    if (table.derived !== undefined || files === undefined) {
      rows.push(await readDerived(evaluator, job, { ...table, derived: table.derived! }, partOf(range, users), scratch, signal));
      continue;
    }
    // A failure of the files after these is seen when it is their turn, or below.
    next?.catch(() => undefined);
    const scan = scanOf(job, table, range, users);
    try {
      rows.push(await readTable(evaluator, scan, files, scratch, signal));
    } catch (thrown) {
      await discardScans((await next?.catch(() => undefined)) ?? []);
      throw thrown;
    }
  }
  return rows;
}

const partOf = (range: KeyRange, users: readonly string[] | undefined): ShardPart => (users === undefined ? { range } : { range, users });

function scanOf(job: PassJob, table: PassTable, range: KeyRange, users: readonly string[] | undefined): TableScan {
  return { ...table, keyType: job.keyType, range, ...(users === undefined ? {} : { users }) };
}

function openTable(
  evaluator: Evaluator,
  job: PassJob,
  table: PassTable,
  range: KeyRange,
  users: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<OpenScan[]> {
  const wish = wishOf(table, range, users);
  const copies = table.copied === true ? evaluator.sortedCopies : evaluator.copies;
  return openScans(copies, wish, planScans(wish, keyCompare(job.keyType)), signal);
}

function wishOf(table: PassTable, range: KeyRange, users: readonly string[] | undefined): ScanWish {
  const columns = table.columns.map((column) => column.name);
  return { table: table.table, columns, range, ...(users === undefined ? {} : { users }) };
}

async function readTable(
  evaluator: Evaluator,
  scan: TableScan,
  files: readonly OpenScan[],
  scratch: Scratch,
  signal?: AbortSignal,
): Promise<TableRows> {
  try {
    const rows = await evaluator.database.with(signal, (connection) =>
      fetchTable(connection, { ...scan, inOrder: evaluator.threads === 1 }, files, scratch),
    );
    await finishScans(files);
    return rows;
  } catch (thrown) {
    if (signal?.aborted === true) {
      await discardScans(files);
      throw thrown;
    }
    // A file that was changed under the engine's hands looks broken: that it changed is the truth of it.
    await finishScans(files);
    throw mapEngineError(thrown, scan.table.name);
  }
}

/** Says of which table an object that cannot be opened is. */
async function withTable<T>(table: PassTable, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (thrown) {
    if (!(thrown instanceof TagmillError) || thrown.code !== 'TABLE_UNREADABLE') throw thrown;
    throw new TagmillError(thrown.code, thrown.message, { ...thrown.facts, table: table.table.name }, thrown);
  }
}
