/** SQL that reads one table's rows of a shard: keys, and each leaf's truth packed into words. */
import type { PlannedTable } from '@tagmill/shared/job';
import { KEY_COLUMN } from '../sources/footer.ts';
import type { KeyRange, KeyType } from '../sources/key-order.ts';
import type { OpenScan, RowRun } from '../sources/materialize.ts';
import { identifier, literal } from './duckdb.ts';
import type { TableIndex } from './index/table-index.ts';

/** A column as its declared type, whatever it is stored as in a file. */
export interface ReadColumn {
  readonly name: string;
  /** SQL that reads the raw column of a file as the declared type; missing values are NULL. */
  read(storedType: string, raw: string): string;
  /** What is left to do with what `read` gave, once above all files: its SQL may be long. */
  finish?(column: string): string;
  /** The declared type in SQL, for files without the column. */
  readonly sqlType: string;
  /** BOOLEAN SQL: the stored value is there but cannot be read as declared; null where that cannot be. */
  castError(storedType: string, raw: string): string | null;
  /** SQL of the stored value where the index can tell by itself which values are none; null or absent where it cannot. */
  unchecked?(storedType: string, raw: string): string | null;
}

export interface TableScan {
  readonly table: PlannedTable;
  readonly keyType: KeyType;
  readonly range: KeyRange;
  /** Only these users; absent when all of the range are read. */
  readonly users?: readonly string[];
  readonly columns: readonly ReadColumn[];
  /** Nullable BOOLEAN expressions over the columns, by name, of the relation that is called like the table. */
  readonly leaves: readonly string[];
  /** Values that leave the engine as they are, for leaves that are no SQL. */
  readonly index?: TableIndex;
  /** One thread reads: rows of a file come in the order in which they lie there, whatever the query. */
  readonly inOrder?: boolean;
  /** Leaves and values of the index come by queries of their own (`valuesSql`), one for each of so many legs (`legsOf`). */
  readonly apart?: number;
  /** The files are sorted copies: columns are as declared already, and errors were counted. */
  readonly copied?: boolean;
  /** No row lacks its key, as the footers say: the column is only read where its values are asked for. */
  readonly hasKeys?: boolean;
  /** Of each file only every so many-th row; absent: all. */
  readonly every?: number;
  /** The rows are those of this query, of key, cast errors and columns, instead of files' (`derived/`). */
  readonly rowsFrom?: string;
}

/** Names of ours inside of queries, which no column is likely to have. */
export const KEY = '__tagmill_key';
export const CAST_ERRORS = '__tagmill_cast_errors';
const LEG = '__tagmill_leg';
const RAW = '__tagmill_raw_';
const leafName = (index: number): string => `__tagmill_leaf_${index}`;
const valueName = (index: number): string => `__tagmill_value_${index}`;
const valueNames = ({ index, apart }: TableScan): string[] =>
  apart !== undefined ? [] : (index?.values ?? []).map((_, at) => valueName(at));
/** Where values come apart and there are several legs, each row says of which it is. */
const legNames = ({ apart = 0 }: TableScan): string[] => (apart > 1 ? [LEG] : []);
/** Leaves in a word of 32 bits: TRUE in the lower half, UNKNOWN in the upper one. */
export const LEAVES_PER_WORD = 16;
/** Leaves that come with the keys. */
const leavesBeside = ({ leaves, apart }: TableScan): readonly string[] => (apart === undefined ? leaves : []);
/** So many users are looked up in the query itself; more are left to the merge. */
export const USERS_IN_QUERY = 1_000;

/** Words that a table's rows have: at least one, since the first one also carries the key's length. */
export const wordsOfLeaves = (leaves: number): number => Math.max(1, Math.ceil(leaves / LEAVES_PER_WORD));

/**
 * One row: the keys (`k`: their bytes one after the other, or a list of
 * integers), one list of words for every 16 leaves, the number of values that
 * could not be read as their declared type, one list for each value of the
 * index. The words of the first list have 64 bits, the upper ones the length of
 * the key in bytes. Where leaves and values come apart, it is the keys, that
 * first list, the errors that nobody sees in the values, and a list of legs.
 */
export function tableSql(scan: TableScan, files: readonly OpenScan[]): string {
  const lists = Array.from({ length: wordsOfLeaves(leavesBeside(scan).length) }, (_, word) => `list(w${word}) AS w${word}`);
  const values = [...valueNames(scan), ...legNames(scan)].map((name) => `list(${name}) AS ${name}`);
  const selected = [keysSql(scan.keyType), ...lists, 'coalesce(sum(errors), 0)::BIGINT AS errors', ...values];
  return `SELECT ${selected.join(', ')} FROM (${wordsSql(scan, files)})`;
}

const keysSql = (keyType: KeyType): string => (keyType === 'string' ? "encode(string_agg(k, '')) AS k" : 'list(k) AS k');

const lengthSql = (keyType: KeyType, key: string): string => (keyType === 'string' ? `strlen(${key})::UBIGINT << 32` : '0::UBIGINT');

function wordsSql(scan: TableScan, files: readonly OpenScan[]): string {
  const leaves = leavesBeside(scan).length;
  const words = Array.from({ length: wordsOfLeaves(leaves) }, (_, word) => {
    const sql = wordSql(leaves, word);
    return `${word === 0 ? `((${lengthSql(scan.keyType, KEY)}) | ${sql}::UBIGINT)` : sql} AS w${word}`;
  });
  return `SELECT ${[`${KEY} AS k`, `${CAST_ERRORS} AS errors`, ...words, ...valueNames(scan), ...legNames(scan)].join(', ')} FROM (${leavesSql(scan, files)})`;
}

function wordSql(leaves: number, word: number): string {
  const bits: string[] = [];
  for (let leaf = word * LEAVES_PER_WORD; leaf < Math.min(leaves, (word + 1) * LEAVES_PER_WORD); leaf += 1) {
    const bit = 2 ** (leaf % LEAVES_PER_WORD);
    const unknown = bit * 2 ** LEAVES_PER_WORD;
    const name = leafName(leaf);
    bits.push(`CASE WHEN ${name} THEN ${bit}::UINTEGER WHEN ${name} IS NULL THEN ${unknown}::UINTEGER ELSE 0::UINTEGER END`);
  }
  return `(${bits.join(' | ') || '0::UINTEGER'})`;
}

/** Leaves have a level of their own: the engine would work out an expression again wherever it stands. */
function leavesSql(scan: TableScan, files: readonly OpenScan[]): string {
  const leaves = leavesBeside(scan).map((sql, index) => `${sql} AS ${leafName(index)}`);
  const values = valueNames(scan).map((name, at) => `${scan.index?.values[at]?.sql} AS ${name}`);
  return `SELECT ${[KEY, CAST_ERRORS, ...leaves, ...values, ...legNames(scan)].join(', ')} FROM (${rowsSql(scan, files)}) AS ${identifier(scan.table.name)}`;
}

/** A query of key, cast errors and columns as declared; the empty text where there are no files. */
export function rowsSql(scan: TableScan, files: readonly OpenScan[]): string {
  if (scan.rowsFrom !== undefined) return scan.rowsFrom;
  const rows = legsOf(files)
    .map((leg, at) => fileSql(scan, leg, at))
    .join(' UNION ALL ');
  return rows === '' ? rows : finishedSql(scan, rows, legNames(scan));
}

function finishedSql(scan: TableScan, rows: string, others: readonly string[]): string {
  if (scan.columns.every((column) => column.finish === undefined)) return rows;
  const columns = scan.columns.map((column) => {
    const name = identifier(column.name);
    return column.finish === undefined ? name : `${column.finish(name)} AS ${name}`;
  });
  return `SELECT ${[KEY, CAST_ERRORS, ...columns, ...others].join(', ')} FROM (${rows})`;
}

/** The parts of a scan: whole files, or runs of the rows of one. */
export const legsOf = (files: readonly OpenScan[]): OpenScan[] =>
  files.flatMap((file) => (file.whole ? [file] : file.runs.map((run) => ({ ...file, runs: [run] }))));

/** Words of the leaves of one leg, then the values of the index, a row for each of its users. */
export function valuesSql(scan: TableScan, leg: OpenScan): string {
  const count = scan.leaves.length;
  const words = count === 0 ? [] : Array.from({ length: wordsOfLeaves(count) }, (_, word) => wordSql(count, word));
  const raw = rawColumns(scan, leg);
  const values = (scan.index?.values ?? []).map(({ sql, field }, at) => {
    const own = field !== undefined && raw.has(field) ? `${RAW}${field}` : undefined;
    return { name: valueName(at), sql: own === undefined ? sql : identifier(own) };
  });
  const names = [...raw.keys()].map((name) => identifier(`${RAW}${name}`));
  const from = `(${finishedSql(scan, fileSql(scan, leg, 0, raw), names)}) AS ${identifier(scan.table.name)}`;
  const leaves = scan.leaves.map((sql, index) => `${sql} AS ${leafName(index)}`);
  const inner = [...leaves, ...values.map(({ name, sql }) => `${sql} AS ${name}`)];
  return `SELECT ${[...words, ...values.map(({ name }) => name)].join(', ')} FROM (SELECT ${inner.join(', ')} FROM ${from})`;
}

/** Columns that the index reads as they lie in the file of a leg, and their SQL: it finds itself what is no value. */
function rawColumns(scan: TableScan, { object }: OpenScan): Map<string, string> {
  const wanted = new Set((scan.index?.values ?? []).map(({ field }) => field));
  const stored = new Map(object.columns.map((column) => [column.name, column.storedType]));
  const found = new Map<string, string>();
  for (const column of scan.columns) {
    const storedType = stored.get(column.name);
    if (!wanted.has(column.name) || storedType === undefined) continue;
    const sql = column.unchecked?.(storedType, identifier(column.name)) ?? null;
    if (sql !== null) found.set(column.name, sql);
  }
  return found;
}

/** @param raw columns that are wanted as they lie in the file, too, and their SQL */
function fileSql(scan: TableScan, file: OpenScan, leg: number, raw: ReadonlyMap<string, string> = new Map()): string {
  const run: RowRun | undefined = file.whole ? undefined : file.runs[0];
  const stored = new Map(file.object.columns.map((column) => [column.name, column.storedType]));
  const errors: string[] = [];
  // Whoever sees the values counts those that are none.
  const seen = scan.apart === undefined ? raw : rawColumns(scan, file);
  const columns = scan.columns.map((column) => {
    const storedType = stored.get(column.name);
    if (storedType === undefined) return `NULL::${column.sqlType} AS ${identifier(column.name)}`;
    const stands = identifier(column.name);
    const read = column.read(storedType, stands);
    const error = column.castError(storedType, stands);
    if (error !== null && !seen.has(column.name)) errors.push(`(${error})::INTEGER`);
    return `${read} AS ${identifier(column.name)}`;
  });
  const key = keySql(stored.get(KEY_COLUMN) ?? 'VARCHAR', identifier(KEY_COLUMN), scan.keyType);
  if (scan.copied === true) errors.push(CAST_ERRORS);
  const selected = [`${key} AS ${KEY}`, `${errors.join(' + ') || '0'} AS ${CAST_ERRORS}`, ...columns];
  for (const [name, sql] of raw) selected.push(`${sql} AS ${identifier(`${RAW}${name}`)}`);
  if (legNames(scan).length > 0) selected.push(`${leg}::UINTEGER AS ${LEG}`);
  const every = scan.every ?? 1;
  const where = [
    ...(run === undefined ? [] : [`file_row_number >= ${run.from}`, `file_row_number < ${run.to}`]),
    ...(every > 1 ? [`file_row_number % ${every} = 0`] : []),
    ...keyFilters(scan, key),
  ];
  const numbered = run !== undefined || every > 1;
  const from = `read_parquet(${literal(file.file.path)}, hive_partitioning = false${numbered ? ', file_row_number = true' : ''})`;
  return `SELECT ${selected.join(', ')} FROM ${from}${where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`}`;
}

/** The key as it is compared: text, or a 64-bit integer. Text that is no UTF-8 fails the query. */
function keySql(storedType: string, raw: string, keyType: KeyType): string {
  if (keyType === 'int64') return storedType === 'BIGINT' ? raw : `${raw}::BIGINT`;
  if (storedType === 'BLOB') return `decode(${raw})`;
  return storedType === 'VARCHAR' ? raw : `${raw}::VARCHAR`;
}

function keyFilters(scan: TableScan, key: string): string[] {
  const value = (text: string): string => (scan.keyType === 'int64' ? `${text}::BIGINT` : literal(text));
  const filters: string[] = [];
  if (scan.range.from !== undefined) filters.push(`${key} >= ${value(scan.range.from)}`);
  if (scan.range.to !== undefined) filters.push(`${key} < ${value(scan.range.to)}`);
  if (scan.users !== undefined && scan.users.length <= USERS_IN_QUERY && scan.users.every((user) => !user.includes('\0'))) {
    filters.push(scan.users.length === 0 ? 'false' : `${key} IN (${scan.users.map(value).join(', ')})`);
  }
  // A row without a key belongs to nobody.
  return filters.length > 0 || scan.hasKeys === true ? filters : [`${key} IS NOT NULL`];
}

/** One row: the words of a user whom the table does not have (every column missing). */
export function absentSql(scan: Pick<TableScan, 'table' | 'columns' | 'leaves'>): string {
  const words = Array.from({ length: wordsOfLeaves(scan.leaves.length) }, (_, word) => wordSql(scan.leaves.length, word));
  const leaves = scan.leaves.map((sql, index) => `${sql} AS ${leafName(index)}`);
  const columns = scan.columns.map((column) => `NULL::${column.sqlType} AS ${identifier(column.name)}`);
  return `SELECT ${words.join(', ')} FROM (SELECT ${leaves.join(', ')} FROM (SELECT ${columns.join(', ')}) AS ${identifier(scan.table.name)})`;
}

/** One row like `tableSql`, of distinct keys in no order and without leaves. */
export function distinctKeysSql(scans: readonly { scan: TableScan; files: readonly OpenScan[] }[], every: number): string {
  const keyType = scans[0]?.scan.keyType ?? 'string';
  const rows = scans.map(({ scan, files }) => rowsSql({ ...scan, every }, files)).filter((sql) => sql !== '');
  const distinct = `SELECT DISTINCT ${KEY} AS k FROM (${rows.join(' UNION ALL ')})`;
  return `SELECT ${keysSql(keyType)}, list(${lengthSql(keyType, 'k')}) AS w0 FROM (${distinct})`;
}

/** Rows in a row group of a sorted copy: a shard reads little beyond its range. */
const COPY_ROW_GROUP = 30_720;

/** Writes all rows, sorted by key, with their columns as declared, to a file. */
export function sortedCopySql(scan: TableScan, files: readonly OpenScan[], path: string): string {
  const columns = scan.columns.map((column) => identifier(column.name));
  const selected = [`${KEY} AS ${identifier(KEY_COLUMN)}`, CAST_ERRORS, ...columns].join(', ');
  const rows = `SELECT ${selected} FROM (${rowsSql(scan, files)}) ORDER BY ${KEY}`;
  return `COPY (${rows}) TO ${literal(path)} (FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE ${COPY_ROW_GROUP})`;
}
