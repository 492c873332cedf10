/** A look at the values of fields: a bounded part of each table, read as runs read it. */
import { TagmillError } from '@tagmill/shared/errors';
import type { CatalogField } from '@tagmill/shared/fields';
import type { PlannedTable } from '@tagmill/shared/job';
import type { FieldLook, FieldLooks, FieldsJob } from '@tagmill/shared/question';
import { type Connection, identifier, literal, mapEngineError } from '../engine/duckdb.ts';
import type { Evaluator } from '../engine/evaluator.ts';
import { readColumn } from '../engine/leaf-sql.ts';
import { keyCompare } from '../sources/key-order.ts';
import {
  discardScans,
  finishScans,
  type ObjectScan,
  type OpenScan,
  openScans,
  planScans,
  runsOf,
  type ScanWish,
} from '../sources/materialize.ts';

/** A field of more distinct values is no enumeration. */
const MOST_VALUES = 50;
const LOOKED = 'tagmill_looked';

/** Errors: TABLE_UNREADABLE, INPUT_CHANGED, S3_DENIED, S3_UNAVAILABLE; the signal's reason. */
export async function lookAtFields(evaluator: Evaluator, job: FieldsJob, signal: AbortSignal): Promise<FieldLooks> {
  const looks: FieldLook[] = [];
  for (const table of job.tables) looks.push(...(await lookAtTable(evaluator, job, table, signal)));
  return { looks };
}

async function lookAtTable(evaluator: Evaluator, job: FieldsJob, table: PlannedTable, signal: AbortSignal): Promise<FieldLook[]> {
  const fields = job.fields.filter((field) => field.table === table.name);
  const wish: ScanWish = { table, columns: fields.map((field) => field.name), range: {} };
  const files = await openScans(evaluator.copies, wish, partOf(planScans(wish, keyCompare(job.keyType)), job.rows), signal);
  let looks: FieldLook[];
  try {
    looks = await evaluator.database.with(signal, async (connection) => {
      await connection.run(`CREATE OR REPLACE TEMP TABLE ${LOOKED} AS ${tableSql(job, files, fields)}`);
      const found: FieldLook[] = [];
      for (const [at, field] of fields.entries()) found.push(await lookAt(connection, field, at));
      await connection.run(`DROP TABLE ${LOOKED}`);
      return found;
    });
  } catch (thrown) {
    await discardScans(files);
    signal.throwIfAborted();
    throw mapEngineError(thrown, table.name);
  }
  await finishScans(files);
  return looks;
}

/** Row groups spread over the files, of about so many rows; at least one. */
function partOf(scans: readonly ObjectScan[], rows: number): ObjectScan[] {
  const all = scans.flatMap((scan) => scan.rowGroups.map((index) => ({ scan, index, rows: scan.object.rowGroups[index]!.rows })));
  const total = all.reduce((sum, group) => sum + group.rows, 0);
  if (total <= rows) return [...scans];
  const step = total / rows;
  const chosen = new Map<ObjectScan, number[]>();
  let [read, passed] = [0, 0];
  for (const { scan, index, rows: own } of all) {
    // As far through the table as through what may be read of it.
    if (read === 0 || (read + own <= rows && read * step <= passed)) {
      chosen.set(scan, [...(chosen.get(scan) ?? []), index]);
      read += own;
    }
    passed += own;
  }
  return [...chosen].map(([{ object }, rowGroups]) => ({ object, rowGroups, runs: runsOf(object, rowGroups), whole: false }));
}

function tableSql(job: FieldsJob, files: readonly OpenScan[], fields: readonly CatalogField[]): string {
  if (files.length === 0) throw new TagmillError('TABLE_NO_DATA', 'the table has no rows to look at');
  const parts = files.map((file) => {
    const stored = new Map(file.object.columns.map((column) => [column.name, column.storedType]));
    const columns = fields.map((field, at) => {
      const storedType = stored.get(field.name);
      const column = readColumn(field, job.clock);
      if (storedType === undefined) return `NULL::${column.sqlType} AS c${at}`;
      const read = column.read(storedType, identifier(field.name));
      return `${column.finish === undefined ? read : column.finish(read)} AS c${at}`;
    });
    const runs = file.whole ? [] : file.runs.map((run) => `(file_row_number >= ${run.from} AND file_row_number < ${run.to})`);
    const where = runs.length === 0 ? '' : ` WHERE ${runs.join(' OR ')}`;
    return `SELECT ${columns.join(', ')} FROM read_parquet(${literal(file.file.path)}, hive_partitioning = false, file_row_number = true)${where}`;
  });
  return parts.join(' UNION ALL ');
}

async function lookAt(connection: Connection, field: CatalogField, at: number): Promise<FieldLook> {
  const column = `c${at}`;
  const ordered = field.type.kind !== 'array' && field.type.kind !== 'boolean';
  const ends = ordered ? `, ${textSql(field, `min(${column})`)}, ${textSql(field, `max(${column})`)}` : '';
  const [row] = (await connection.runAndReadAll(`SELECT count(*), count(${column})${ends} FROM ${LOOKED}`)).getRows();
  const [rows, present, min, max] = row ?? [];
  const isNumbered = field.type.kind === 'string' || field.type.kind === 'int64' || field.type.kind === 'boolean';
  return {
    ...{ table: field.table, field: field.name, rows: Number(rows), nulls: Number(rows) - Number(present) },
    min: shown(min),
    max: shown(max),
    values: isNumbered ? await valuesOf(connection, column) : null,
  };
}

/** The most frequent first. Null: they are too many. */
async function valuesOf(connection: Connection, column: string): Promise<FieldLook['values']> {
  const sql = `SELECT CAST(${column} AS VARCHAR), count(*) FROM ${LOOKED} WHERE ${column} IS NOT NULL GROUP BY ${column} ORDER BY 2 DESC, 1 LIMIT ${MOST_VALUES + 1}`;
  const rows = (await connection.runAndReadAll(sql)).getRows();
  return rows.length > MOST_VALUES ? null : rows.map(([value, count]) => [String(value), Number(count)] as const);
}

const textSql = (field: CatalogField, value: string): string =>
  field.type.kind === 'timestamp' ? `strftime(${value}, '%Y-%m-%dT%H:%M:%S.%gZ')` : `CAST(${value} AS VARCHAR)`;

const MOST_CHARS = 100;
const shown = (value: unknown): string | null =>
  typeof value !== 'string' ? null : value.length > MOST_CHARS ? `${value.slice(0, MOST_CHARS)}…` : value;
