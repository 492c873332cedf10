/** The row that each table has of one user: every value as its declared type, and where it lies. */
import { TagmillError } from '@tagmill/shared/errors';
import type { CatalogField } from '@tagmill/shared/fields';
import type { PinnedObject, PlannedTable } from '@tagmill/shared/job';
import type { ReadCell, UserJob, UserRow, UserRows } from '@tagmill/shared/question';
import { formatClock } from '@tagmill/shared/rules/instants';
import { identifier, literal, mapEngineError } from '../engine/duckdb.ts';
import type { Evaluator } from '../engine/evaluator.ts';
import { readColumn } from '../engine/leaf-sql.ts';
import { KEY_COLUMN } from '../sources/footer.ts';
import { keyCompare } from '../sources/key-order.ts';
import { discardScans, finishScans, type OpenScan, openScans, planScans, type ScanWish } from '../sources/materialize.ts';

/** A row as the engine gives it: the row's number in its file, then value and stored text of each field. */
type FoundRow = readonly unknown[];

const INTEGER = /^-?(0|[1-9][0-9]{0,18})$/;

/** Errors: TABLE_UNREADABLE, TABLE_DUPLICATE_KEY, INPUT_CHANGED, S3_DENIED, S3_UNAVAILABLE; the signal's reason. */
export async function readUser(evaluator: Evaluator, job: UserJob, user: string, signal: AbortSignal): Promise<UserRows> {
  const rows: UserRow[] = [];
  for (const table of job.tables) rows.push(await readRow(evaluator, job, table, user, signal));
  return { rows };
}

async function readRow(evaluator: Evaluator, job: UserJob, table: PlannedTable, user: string, signal: AbortSignal): Promise<UserRow> {
  const absent: UserRow = { table: table.name, place: null, cells: {}, unreadable: {} };
  // What is no integer is no user of tables with integer keys.
  if (job.keyType === 'int64' && !INTEGER.test(user)) return absent;
  const fields = job.fields.filter((field) => field.table === table.name);
  const wish: ScanWish = { table, columns: fields.map((field) => field.name), range: {}, users: [user] };
  const files = await openScans(evaluator.copies, wish, planScans(wish, keyCompare(job.keyType)), signal);
  let found: UserRow[];
  try {
    found = await evaluator.database.with(signal, async (connection) => {
      const seen: UserRow[] = [];
      for (const file of files) {
        const rows = (await connection.runAndReadAll(userSql(job, file, fields, user))).getRows() as readonly FoundRow[];
        for (const row of rows) seen.push(rowOf(table.name, file.object, fields, row));
      }
      return seen;
    });
  } catch (thrown) {
    await discardScans(files);
    signal.throwIfAborted();
    throw mapEngineError(thrown, table.name);
  }
  await finishScans(files);
  if (found.length > 1)
    throw new TagmillError('TABLE_DUPLICATE_KEY', `${table.name} has ${found.length} rows of the user`, { table: table.name });
  return found[0] ?? absent;
}

function userSql(job: UserJob, file: OpenScan, fields: readonly CatalogField[], user: string): string {
  const stored = new Map(file.object.columns.map((column) => [column.name, column.storedType]));
  const columns = fields.flatMap((field) => {
    const storedType = stored.get(field.name);
    if (storedType === undefined) return ['NULL', 'NULL'];
    const raw = identifier(field.name);
    const column = readColumn(field, job.clock);
    const read = column.read(storedType, raw);
    return [transportSql(field, column.finish === undefined ? read : column.finish(read)), `TRY_CAST(${raw} AS VARCHAR)`];
  });
  const key = keySql(stored.get(KEY_COLUMN) ?? 'VARCHAR', job.keyType);
  const wanted = job.keyType === 'int64' ? `${user}::BIGINT` : literal(user);
  const runs = file.whole ? [] : file.runs.map((run) => `(file_row_number >= ${run.from} AND file_row_number < ${run.to})`);
  const where = [`${key} = ${wanted}`, ...(runs.length === 0 ? [] : [`(${runs.join(' OR ')})`])].join(' AND ');
  const from = `read_parquet(${literal(file.file.path)}, hive_partitioning = false, file_row_number = true)`;
  return `SELECT ${['CAST(file_row_number AS VARCHAR)', ...columns].join(', ')} FROM ${from} WHERE ${where}`;
}

function keySql(storedType: string, keyType: UserJob['keyType']): string {
  const raw = identifier(KEY_COLUMN);
  if (keyType === 'int64') return storedType === 'BIGINT' ? raw : `${raw}::BIGINT`;
  return storedType === 'BLOB' ? `decode(${raw})` : `${raw}::VARCHAR`;
}

/** Everything as text that loses nothing; instants as microseconds. */
function transportSql(field: CatalogField, value: string): string {
  switch (field.type.kind) {
    case 'timestamp':
      return `CAST(epoch_us(${value}) AS VARCHAR)`;
    case 'array':
      return `list_transform(${value}, lambda x: CAST(x AS VARCHAR))`;
    default:
      return `CAST(${value} AS VARCHAR)`;
  }
}

function rowOf(table: string, object: PinnedObject, fields: readonly CatalogField[], row: FoundRow): UserRow {
  const [number, ...values] = row;
  const cells: Record<string, ReadCell> = {};
  const unreadable: Record<string, string> = {};
  fields.forEach((field, index) => {
    const cell = cellOf(field, values[2 * index]);
    const raw = values[2 * index + 1];
    cells[field.name] = cell;
    if (cell === null && typeof raw === 'string') unreadable[field.name] = raw.slice(0, 200);
  });
  const at = Number(number);
  const rowGroup = object.rowGroups.findIndex((group) => at >= group.firstRow && at < group.firstRow + group.rows);
  return { table, place: { object: object.key, etag: object.etag, rowGroup }, cells, unreadable };
}

/** The engine's names of what JavaScript calls otherwise. */
const DOUBLES: Readonly<Record<string, string>> = { inf: 'Infinity', '-inf': '-Infinity', nan: 'NaN', '-0.0': '-0' };

function cellOf(field: CatalogField, value: unknown): ReadCell {
  if (value === null || value === undefined) return null;
  if (field.type.kind === 'array') {
    const items = (value as { readonly items?: readonly unknown[] }).items ?? (value as readonly unknown[]);
    return items.map((item) => (item === null ? null : String(item)));
  }
  const text = String(value);
  switch (field.type.kind) {
    case 'boolean':
      return text === 'true';
    case 'double':
      return DOUBLES[text] ?? text;
    case 'timestamp': {
      const clock = formatClock(BigInt(text));
      return clock === null ? null : `${clock}Z`;
    }
    default:
      return text;
  }
}
