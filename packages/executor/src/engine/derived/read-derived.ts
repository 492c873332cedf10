/** One shard's rows of a derived table: the files of its sources in place, one query over them. */
import { TagmillError } from '@tagmill/shared/errors';
import type { PassJob } from '@tagmill/shared/job';
import { type KeyRange, keyCompare } from '../../sources/key-order.ts';
import { discardScans, finishScans, type OpenScan, openScans, planScans, prefetchScans, type ScanWish } from '../../sources/materialize.ts';
import { identifier, mapEngineError } from '../duckdb.ts';
import type { Evaluator } from '../evaluator.ts';
import { fetchTable, type TableRows } from '../fetch-table.ts';
import { CAST_ERRORS, KEY, rowsSql, type TableScan } from '../scan-sql.ts';
import type { Scratch } from '../scratch.ts';
import type { DerivedSource } from './derived-table.ts';
import type { DerivedPassTable } from './drafts.ts';

export interface ShardPart {
  readonly range: KeyRange;
  /** Only these users; absent: all of the range. */
  readonly users?: readonly string[];
}

const wishOf = (source: DerivedSource, part: ShardPart): ScanWish => ({
  table: source.table,
  columns: source.columns.map((column) => column.name),
  ...part,
});

/** Errors: TABLE_UNREADABLE with `facts.table`, INPUT_CHANGED, those of the engine and of the store. */
export async function readDerived(
  evaluator: Evaluator,
  job: PassJob,
  pass: DerivedPassTable,
  part: ShardPart,
  scratch: Scratch,
  signal?: AbortSignal,
): Promise<TableRows> {
  const { sources } = pass.derived;
  const opened: OpenScan[][] = [];
  try {
    for (const source of sources) opened.push(await open(evaluator, job, source, part, signal));
    const rows = sources.map((source, at) => sourceSql(job, source, part, opened[at]!));
    const scan: TableScan = { ...pass, keyType: job.keyType, ...part, rowsFrom: pass.derived.relation(rows, part.range) };
    const found = await evaluator.database.with(signal, (connection) => fetchTable(connection, scan, opened.flat(), scratch));
    await finishScans(opened.flat());
    return found;
  } catch (thrown) {
    if (signal?.aborted === true) {
      await discardScans(opened.flat());
      throw thrown;
    }
    // A file that was changed under the engine's hands looks broken: that it changed is the truth of it.
    await finishScans(opened.flat());
    throw blamed(mapEngineError(thrown, sources[0]?.table.name ?? pass.table.name), sources);
  }
}

/** Rows of one user that come twice are those of the last source: tables that are read by themselves are looked at before. */
function blamed(error: TagmillError, sources: readonly DerivedSource[]): TagmillError {
  const table = sources.at(-1)?.table.name;
  if (error.code !== 'TABLE_DUPLICATE_KEY' || table === undefined) return error;
  return new TagmillError(error.code, error.message, { ...error.facts, table }, error);
}

async function open(evaluator: Evaluator, job: PassJob, source: DerivedSource, part: ShardPart, signal?: AbortSignal): Promise<OpenScan[]> {
  const wish = wishOf(source, part);
  try {
    const copies = source.copied === true ? evaluator.sortedCopies : evaluator.copies;
    return await openScans(copies, wish, planScans(wish, keyCompare(job.keyType)), signal);
  } catch (thrown) {
    if (!(thrown instanceof TagmillError) || thrown.code !== 'TABLE_UNREADABLE') throw thrown;
    throw new TagmillError(thrown.code, thrown.message, { ...thrown.facts, table: source.table.name }, thrown);
  }
}

/** A source's rows; without any file in the range a query that gives none. */
function sourceSql(job: PassJob, source: DerivedSource, part: ShardPart, files: readonly OpenScan[]): string {
  if (files.length > 0) return rowsSql({ ...source, keyType: job.keyType, ...part, leaves: [] }, files);
  const key = `NULL::${job.keyType === 'string' ? 'VARCHAR' : 'BIGINT'} AS ${KEY}`;
  const columns = source.columns.map(({ name, sqlType }) => `NULL::${sqlType} AS ${identifier(name)}`);
  return `SELECT ${[key, `0 AS ${CAST_ERRORS}`, ...columns].join(', ')} WHERE false`;
}

/** Brings the sources' bytes into the cache. Errors: those of reading. */
export async function prefetchDerived(
  evaluator: Evaluator,
  job: PassJob,
  pass: DerivedPassTable,
  part: ShardPart,
  signal?: AbortSignal,
): Promise<void> {
  for (const source of pass.derived.sources)
    if (source.copied !== true) await prefetchScans(evaluator.copies, wishOf(source, part), keyCompare(job.keyType), signal);
}
