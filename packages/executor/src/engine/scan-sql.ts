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
  /** The values of the index come by queries of their own (`valuesSql`), one for each of so many legs (`legsOf`). */
  readonly apart?: number;
  /** The files are sorted copies: columns are as declared already, and errors were counted. */
  readonly copied?: boolean;
  /** Of each file only every so many-th row; absent: all. */
  readonly every?: number;
  /** The rows are those of this query, of key, cast errors and columns, instead of files' (`derived/`). */
  readonly rowsFrom?: string;
}

/** Names of ours inside of queries, which no column is likely to have. */
export const KEY = '__tagmill_key';
export const CAST_ERRORS = '__tagmill_cast_errors';
const LEG = '__tagmill_leg';
const leafName = (index: number): string => `__tagmill_leaf_${index}`;
const valueName = (index: number): string => `__tagmill_value_${index}`;
const valueNames = ({ index, apart }: TableScan): string[] =>
  apart !== undefined ? [] : (index?.values ?? []).map((_, at) => valueName(at));
/** Where values come apart and there are several legs, each row says of which it is. */
const legNames = ({ apart = 0 }: TableScan): string[] => (apart > 1 ? [LEG] : []);
/** Leaves in a word of 32 bits: TRUE in the lower half, UNKNOWN in the upper one. */
export const LEAVES_PER_WORD = 16;
/** So many users are looked up in the query itself; more are left to the merge. */
export const USERS_IN_QUERY = 1_000;

/** Words that a table's rows have: at least one, since the first one also carries the key's length. */
export const wordsOfLeaves = (leaves: number): number => Math.max(1, Math.ceil(leaves / LEAVES_PER_WORD));

/**
 * One row: the keys (`k`: their bytes one after the other, or a list of
 * integers), one list of words for every 16 leaves, the number of values that
 * could not be read as their declared type, one list for each value of the
 * index, or one of the legs where they come apart. The words of the first list have 64 bits, the upper ones the length of
 * the key in bytes.
 */
export function tableSql(scan: TableScan, files: readonly OpenScan[]): string {
  const lists = Array.from({ length: wordsOfLeaves(scan.leaves.length) }, (_, word) => `list(w${word}) AS w${word}`);
  const values = [...valueNames(scan), ...legNames(scan)].map((name) => `list(${name}) AS ${name}`);
  const selected = [keysSql(scan.keyType), ...lists, 'coalesce(sum(errors), 0)::BIGINT AS errors', ...values];
  return `SELECT ${selected.join(', ')} FROM (${wordsSql(scan, files)})`;
}

const keysSql = (keyType: KeyType): string => (keyType === 'string' ? "encode(string_agg(k, '')) AS k" : 'list(k) AS k');

const lengthSql = (keyType: KeyType, key: string): string => (keyType === 'string' ? `strlen(${key})::UBIGINT << 32` : '0::UBIGINT');

function wordsSql(scan: TableScan, files: readonly OpenScan[]): string {
  const words = Array.from({ length: wordsOfLeaves(scan.leaves.length) }, (_, word) => {
    const sql = wordSql(scan.leaves.length, word);
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
  const leaves = scan.leaves.map((sql, index) => `${sql} AS ${leafName(index)}`);
  const values = valueNames(scan).map((name, at) => `${scan.index?.values[at]?.sql} AS ${name}`);
  return `SELECT ${[KEY, CAST_ERRORS, ...leaves, ...values, ...legNames(scan)].join(', ')} FROM (${rowsSql(scan, files)}) AS ${identifier(scan.table.name)}`;
}

/** A query of key, cast errors and columns as declared; the empty text where there are no files. */
export function rowsSql(scan: TableScan, files: readonly OpenScan[]): string {
  if (scan.rowsFrom !== undefined) return scan.rowsFrom;
  const rows = legsOf(files)
    .map((leg, at) => fileSql(scan, leg, at))
    .join(' UNION ALL ');
  if (rows === '' || scan.columns.every((column) => column.finish === undefined)) return rows;
  const columns = scan.columns.map((column) => {
    const name = identifier(column.name);
    return column.finish === undefined ? name : `${column.finish(name)} AS ${name}`;
  });
  return `SELECT ${[KEY, CAST_ERRORS, ...columns, ...legNames(scan)].join(', ')} FROM (${rows})`;
}

/** The parts of a scan: whole files, or runs of the rows of one. */
export const legsOf = (files: readonly OpenScan[]): OpenScan[] =>
  files.flatMap((file) => (file.whole ? [file] : file.runs.map((run) => ({ ...file, runs: [run] }))));

/** The values of the index of one leg, a row for each of its users. */
export function valuesSql(scan: TableScan, leg: OpenScan): string {
  const values = (scan.index?.values ?? []).map(({ sql }) => sql);
  return `SELECT ${values.join(', ')} FROM (${rowsSql(scan, [leg])}) AS ${identifier(scan.table.name)}`;
}

function fileSql(scan: TableScan, file: OpenScan, leg: number): string {
  const run: RowRun | undefined = file.whole ? undefined : file.runs[0];
  const stored = new Map(file.object.columns.map((column) => [column.name, column.storedType]));
  const errors: string[] = [];
  const columns = scan.columns.map((column) => {
    const storedType = stored.get(column.name);
    if (storedType === undefined) return `NULL::${column.sqlType} AS ${identifier(column.name)}`;
    const raw = identifier(column.name);
    const read = column.read(storedType, raw);
    const error = column.castError(storedType, raw);
    if (error !== null) errors.push(`(${error})::INTEGER`);
    return `${read} AS ${identifier(column.name)}`;
  });
  const key = keySql(stored.get(KEY_COLUMN) ?? 'VARCHAR', identifier(KEY_COLUMN), scan.keyType);
  if (scan.copied === true) errors.push(CAST_ERRORS);
  const selected = [`${key} AS ${KEY}`, `${errors.join(' + ') || '0'} AS ${CAST_ERRORS}`, ...columns];
  if (legNames(scan).length > 0) selected.push(`${leg}::UINTEGER AS ${LEG}`);
  const every = scan.every ?? 1;
  const where = [
    ...(run === undefined ? [] : [`file_row_number >= ${run.from}`, `file_row_number < ${run.to}`]),
    ...(every > 1 ? [`file_row_number % ${every} = 0`] : []),
    ...keyFilters(scan, key),
  ];
  const numbered = run !== undefined || every > 1;
  const from = `read_parquet(${literal(file.file.path)}, hive_partitioning = false${numbered ? ', file_row_number = true' : ''})`;
  return `SELECT ${selected.join(', ')} FROM ${from} WHERE ${where.join(' AND ')}`;
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
  return filters.length > 0 ? filters : [`${key} IS NOT NULL`];
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
