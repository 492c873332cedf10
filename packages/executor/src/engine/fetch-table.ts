/** One table's rows of a shard, out of the engine in bulk: keys as bytes, leaves as words. */
import { type DuckDBBlobValue, type DuckDBConnection, type DuckDBDataChunk, DuckDBListVector, type DuckDBVector } from '@duckdb/node-api';
import { TagmillError } from '@tagmill/shared/errors';
import type { KeyType } from '../sources/key-order.ts';
import type { OpenScan } from '../sources/materialize.ts';
import { oneRow } from './duckdb.ts';
import { numberRows } from './index/number-rows.ts';
import { rawList } from './index/raw-column.ts';
import { streamValues } from './index/stream-values.ts';
import { type Keys, noKeys, orderOf, type RankedKeys, rankKeys } from './keys.ts';
import type { Scratch } from './scratch.ts';
import { sortRows } from './sort-rows.ts';
import { legsOf, type TableScan, tableSql, valuesSql, wordsOfLeaves } from './scan-sql.ts';

export interface TableRows extends RankedKeys {
  /** For every 16 leaves a word for each row: TRUE bits in the lower half, UNKNOWN bits in the upper one. */
  readonly words: readonly Uint32Array[];
  /** For every column of the table's index a number for each row, and behind them that of a missing value. */
  readonly numbers: readonly Uint16Array[];
  readonly castErrors: number;
  /** Keeps the engine's memory, in which the words lie, as long as they are used. */
  readonly chunk?: DuckDBDataChunk;
}

/**
 * Reads a table's rows sorted by key. Files of sorted tables come in order by
 * themselves; others, and what several threads read, are sorted here.
 * Errors: TABLE_DUPLICATE_KEY with `facts.table` and `facts.duplicates`, those of the engine.
 */
export async function fetchTable(
  connection: DuckDBConnection,
  scan: TableScan,
  files: readonly OpenScan[],
  scratch: Scratch,
): Promise<TableRows> {
  if (files.length === 0 && scan.rowsFrom === undefined) {
    const none = rankKeys(noKeys(scan.keyType), scan.range, new Float64Array(0));
    const numbers = (scan.index?.columns ?? []).map(({ missing }) => Uint16Array.of(missing));
    return { ...none, words: emptyWords(scan.leaves.length), numbers, castErrors: 0 };
  }
  const read = await readRows(connection, scan, files, scratch);
  const { name } = scan.table;
  const order = orderOf(read);
  const rows = order.sorted ? read : sortRows(read, scratch, name);
  const { repeats } = order.sorted ? order : orderOf(rows);
  if (repeats > 0) {
    const message = `${name} has ${repeats} rows more than users in a part of it; a user may have one row a table`;
    throw new TagmillError('TABLE_DUPLICATE_KEY', message, { table: name, duplicates: repeats });
  }
  return rows;
}

/** So many values are worth a second query: a list costs several times what a row of a stream does, and lies in memory whole. */
const VALUES_APART = 12;

async function readRows(connection: DuckDBConnection, scan: TableScan, files: readonly OpenScan[], scratch: Scratch): Promise<TableRows> {
  const { index, inOrder, rowsFrom } = scan;
  if (index === undefined || index.values.length < VALUES_APART || inOrder !== true || rowsFrom !== undefined) {
    return rowsOf(await oneRow(connection, tableSql(scan, files)), scan, scratch);
  }
  const legs = legsOf(files);
  const apart = { ...scan, apart: legs.length };
  const chunk = await oneRow(connection, tableSql(apart, files));
  const rows = rowsOf(chunk, apart, scratch);
  const { count } = rows.keys;
  const legOfRow = legs.length > 1 ? wordsOf(chunk.getColumnVector(3), count) : new Uint32Array(count);
  const leafWords = scan.leaves.length === 0 ? 0 : wordsOfLeaves(scan.leaves.length);
  const words = Array.from({ length: leafWords }, (_, word) => scratch.uint32(`words ${word} ${scan.table.name}`, count));
  const errors = await streamValues(
    connection,
    index,
    legs.map((leg) => valuesSql(apart, leg)),
    legOfRow,
    { words, numbers: rows.numbers },
  );
  return { ...rows, words, castErrors: rows.castErrors + errors };
}

const emptyWords = (leaves: number): Uint32Array[] => Array.from({ length: wordsOfLeaves(leaves) }, () => new Uint32Array(0));

function rowsOf(chunk: DuckDBDataChunk, scan: TableScan, scratch: Scratch): TableRows {
  const { name } = scan.table;
  const { keys, firstWords } = keysOfChunk(chunk, scan.keyType, (array, count) => scratch.uint32(`${array} ${name}`, count));
  const words = wordsOfLeaves(scan.apart === undefined ? scan.leaves.length : 0);
  const numbers = (scan.index?.columns ?? []).map((column, at) => {
    const own = scratch.uint16(`numbers ${at} ${name}`, keys.count + 1);
    own[keys.count] = column.missing;
    return own;
  });
  let castErrors = Number(chunk.getColumnVector(1 + words).getItem(0));
  if (scan.index !== undefined && scan.apart === undefined && keys.count > 0) {
    for (let value = 0; value < scan.index.values.length; value += 1) {
      castErrors += numberRows(scan.index, value, rawList(chunk, 2 + words + value, keys.count), numbers, 0);
    }
  }
  return {
    ...rankKeys(keys, scan.range, scratch.float64(`ranks ${name}`, keys.count)),
    words: Array.from({ length: words }, (_, word) => (word === 0 ? firstWords : wordsOf(chunk.getColumnVector(1 + word), keys.count))),
    numbers,
    castErrors,
    chunk,
  };
}

/** Keys and first words in the first two columns of a row of `tableSql` or `distinctKeysSql`. */
export function keysOfChunk(
  chunk: DuckDBDataChunk,
  keyType: KeyType,
  arrayOf: (name: string, count: number) => Uint32Array = (_, count) => new Uint32Array(count),
): { keys: Keys; firstWords: Uint32Array } {
  const first = listItems(chunk.getColumnVector(1));
  if (first === undefined) return { keys: noKeys(keyType), firstWords: new Uint32Array(0) };
  const count = first.length;
  const halves = new Uint32Array(first.buffer, first.byteOffset, count * 2);
  const firstWords = arrayOf('first words', count);
  const offsets = arrayOf('offsets', count + 1);
  let at = 0;
  for (let row = 0; row < count; row += 1) {
    offsets[row] = at;
    firstWords[row] = halves[2 * row]!;
    at += halves[2 * row + 1]!;
  }
  offsets[count] = at;
  if (keyType === 'string') {
    const { bytes } = chunk.getColumnVector(0).getItem(0) as DuckDBBlobValue;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return { keys: { kind: 'string', count, bytes: buffer, offsets }, firstWords };
  }
  const items = listItems(chunk.getColumnVector(0));
  if (items?.length !== count) throw new TagmillError('INTERNAL', `got ${items?.length ?? 0} keys for ${count} rows`);
  return { keys: { kind: 'int64', count, values: new BigInt64Array(items.buffer, items.byteOffset, count).slice() }, firstWords };
}

function wordsOf(vector: DuckDBVector, rows: number): Uint32Array {
  const items = listItems(vector);
  if (items === undefined) return new Uint32Array(0);
  if (items.length !== rows) throw new TagmillError('INTERNAL', `got ${items.length} words for ${rows} rows`);
  return new Uint32Array(items.buffer, items.byteOffset, items.length);
}

/** The words of a row of `absentSql`. */
export const wordsOfChunk = (chunk: DuckDBDataChunk, leaves: number): Uint32Array =>
  Uint32Array.from({ length: wordsOfLeaves(leaves) }, (_, word) => chunk.getColumnVector(word).getItem(0) as number);

type Items = BigUint64Array | BigInt64Array | Uint32Array;

/** The elements of the one list in a vector, as they lie in memory; undefined when it is NULL. */
function listItems(vector: DuckDBVector): Items | undefined {
  if (!(vector instanceof DuckDBListVector)) throw new TagmillError('INTERNAL', 'expected a list');
  // Not `getItemVector`, which copies. One row only: its elements are all there are.
  const { validity } = vector as unknown as { readonly validity: { itemValid(index: number): boolean } };
  if (!validity.itemValid(0)) return undefined;
  return (vector.childVector as unknown as { readonly items: Items }).items;
}
