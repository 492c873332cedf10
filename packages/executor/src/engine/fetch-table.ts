/** One table's rows of a shard, out of the engine in bulk: keys as bytes, leaves as words. */
import { type DuckDBBlobValue, type DuckDBConnection, type DuckDBDataChunk, DuckDBListVector, type DuckDBVector } from '@duckdb/node-api';
import { TagmillError } from '@tagmill/shared/errors';
import type { KeyType } from '../sources/key-order.ts';
import type { OpenScan } from '../sources/materialize.ts';
import { oneRow } from './duckdb.ts';
import { type Keys, noKeys, orderOf, type RankedKeys, rankKeys } from './keys.ts';
import type { Scratch } from './scratch.ts';
import { sortRows } from './sort-rows.ts';
import { type TableScan, tableSql, wordsOfLeaves } from './scan-sql.ts';

export interface TableRows extends RankedKeys {
  /** For every 32 leaves, row by row: a word of TRUE bits, a word of UNKNOWN bits. */
  readonly words: readonly Uint32Array[];
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
  if (files.length === 0) {
    const none = rankKeys(noKeys(scan.keyType), scan.range, new Float64Array(0));
    return { ...none, words: emptyWords(scan.leaves.length), castErrors: 0 };
  }
  const read = rowsOf(await oneRow(connection, tableSql(scan, files)), scan, scratch);
  const { name } = scan.table;
  const rows = orderOf(read).sorted ? read : sortRows(read, scratch, name);
  const { repeats } = orderOf(rows);
  if (repeats > 0) {
    const message = `${name} has ${repeats} rows more than users in a part of it; a user may have one row a table`;
    throw new TagmillError('TABLE_DUPLICATE_KEY', message, { table: name, duplicates: repeats });
  }
  return rows;
}

const emptyWords = (leaves: number): Uint32Array[] => Array.from({ length: wordsOfLeaves(leaves) }, () => new Uint32Array(0));

function rowsOf(chunk: DuckDBDataChunk, scan: TableScan, scratch: Scratch): TableRows {
  const words = wordsOfLeaves(scan.leaves.length);
  const first = scan.keyType === 'string' ? 2 : 1;
  const { name } = scan.table;
  const keys = keysOfChunk(chunk, scan.keyType, (count) => scratch.uint32(`offsets ${name}`, count));
  return {
    ...rankKeys(keys, scan.range, scratch.float64(`ranks ${name}`, keys.count)),
    words: Array.from({ length: words }, (_, word) => wordsOf(chunk.getColumnVector(first + word), keys.count)),
    castErrors: Number(chunk.getColumnVector(first + words).getItem(0)),
    chunk,
  };
}

/** Keys in the first columns of a row of `tableSql` or `distinctKeysSql`. */
export function keysOfChunk(
  chunk: DuckDBDataChunk,
  keyType: KeyType,
  offsetsOf: (count: number) => Uint32Array = (count) => new Uint32Array(count),
): Keys {
  if (keyType === 'int64') {
    const items = listItems(chunk.getColumnVector(0));
    if (items === undefined) return noKeys(keyType);
    return { kind: 'int64', count: items.length, values: new BigInt64Array(items.buffer, items.byteOffset, items.length).slice() };
  }
  const blob = chunk.getColumnVector(0).getItem(0) as DuckDBBlobValue | null;
  const lengths = listItems(chunk.getColumnVector(1));
  if (blob === null || lengths === undefined) return noKeys(keyType);
  const offsets = offsetsOf(lengths.length + 1);
  offsets[0] = 0;
  for (let i = 0; i < lengths.length; i += 1) offsets[i + 1] = offsets[i]! + Number(lengths[i]!);
  return { kind: 'string', count: lengths.length, bytes: blob.bytes, offsets };
}

function wordsOf(vector: DuckDBVector, rows: number): Uint32Array {
  const items = listItems(vector);
  if (items === undefined) return new Uint32Array(0);
  if (items.length !== rows) throw new TagmillError('INTERNAL', `got ${items.length} words for ${rows} rows`);
  return new Uint32Array(items.buffer, items.byteOffset, items.length * 2);
}

/** The words of a row of `absentSql`. */
export function wordsOfChunk(chunk: DuckDBDataChunk, leaves: number): Uint32Array[] {
  return Array.from(
    { length: wordsOfLeaves(leaves) },
    (_, word) => new Uint32Array(BigUint64Array.of(BigInt(chunk.getColumnVector(word).getItem(0) as bigint)).buffer),
  );
}

type Items = BigUint64Array | BigInt64Array | Uint32Array;

/** The elements of the one list in a vector, as they lie in memory; undefined when it is NULL. */
function listItems(vector: DuckDBVector): Items | undefined {
  if (!(vector instanceof DuckDBListVector)) throw new TagmillError('INTERNAL', 'expected a list');
  const elements = vector.getItemVector(0);
  return elements === null ? undefined : (elements as unknown as { readonly items: Items }).items;
}
