/** One table's rows of a shard, out of the engine in bulk: keys as bytes, leaves as words. */
import { type DuckDBBlobValue, type DuckDBConnection, type DuckDBDataChunk, DuckDBListVector, type DuckDBVector } from '@duckdb/node-api';
import { TagmillError } from '@tagmill/shared/errors';
import type { KeyType } from '../sources/key-order.ts';
import type { OpenScan } from '../sources/materialize.ts';
import { oneRow } from './duckdb.ts';
import { type Keys, noKeys, orderOf } from './keys.ts';
import { type TableScan, tableSql, wordsOfLeaves } from './scan-sql.ts';

export interface TableRows {
  readonly keys: Keys;
  /** For every 32 leaves, row by row: a word of TRUE bits, a word of UNKNOWN bits. */
  readonly words: readonly Uint32Array[];
  readonly castErrors: number;
  /** Keys did not come in order and were sorted. */
  readonly sorted: boolean;
}

/**
 * Reads a table's rows sorted by key. Files of sorted tables come in order by
 * themselves: they are sorted only when it turns out that they do not.
 * Errors: TABLE_DUPLICATE_KEY with `facts.table` and `facts.duplicates`, those of the engine.
 */
export async function fetchTable(connection: DuckDBConnection, scan: TableScan, files: readonly OpenScan[]): Promise<TableRows> {
  if (files.length === 0) {
    return { keys: noKeys(scan.keyType), words: emptyWords(scan.leaves.length), castErrors: 0, sorted: scan.sort };
  }
  const rows = rowsOf(await oneRow(connection, tableSql(scan, files)), scan);
  const { sorted, repeats } = orderOf(rows.keys);
  if (!sorted) {
    if (scan.sort) throw new TagmillError('INTERNAL', `the rows of ${scan.table.name} did not come in order`);
    return fetchTable(connection, { ...scan, sort: true }, files);
  }
  if (repeats > 0) {
    const message = `${scan.table.name} has ${repeats} rows more than users in a part of it; a user may have one row a table`;
    throw new TagmillError('TABLE_DUPLICATE_KEY', message, { table: scan.table.name, duplicates: repeats });
  }
  return rows;
}

const emptyWords = (leaves: number): Uint32Array[] => Array.from({ length: wordsOfLeaves(leaves) }, () => new Uint32Array(0));

function rowsOf(chunk: DuckDBDataChunk, scan: TableScan): TableRows {
  const words = wordsOfLeaves(scan.leaves.length);
  const first = scan.keyType === 'string' ? 2 : 1;
  const keys = keysOfChunk(chunk, scan.keyType);
  return {
    keys,
    words: Array.from({ length: words }, (_, word) => wordsOf(chunk.getColumnVector(first + word), keys.count)),
    castErrors: Number(chunk.getColumnVector(first + words).getItem(0)),
    sorted: scan.sort,
  };
}

/** Keys in the first columns of a row of `tableSql` or `distinctKeysSql`. */
export function keysOfChunk(chunk: DuckDBDataChunk, keyType: KeyType): Keys {
  if (keyType === 'int64') {
    const items = listItems(chunk.getColumnVector(0));
    if (items === undefined) return noKeys(keyType);
    return { kind: 'int64', count: items.length, values: new BigInt64Array(items.buffer, items.byteOffset, items.length).slice() };
  }
  const blob = chunk.getColumnVector(0).getItem(0) as DuckDBBlobValue | null;
  const lengths = listItems(chunk.getColumnVector(1));
  if (blob === null || lengths === undefined) return noKeys(keyType);
  const offsets = new Uint32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i += 1) offsets[i + 1] = offsets[i]! + Number(lengths[i]!);
  return { kind: 'string', count: lengths.length, bytes: blob.bytes, offsets };
}

function wordsOf(vector: DuckDBVector, rows: number): Uint32Array {
  const items = listItems(vector);
  if (items === undefined) return new Uint32Array(0);
  if (items.length !== rows) throw new TagmillError('INTERNAL', `got ${items.length} words for ${rows} rows`);
  // A copy: the engine's memory goes with the chunk.
  return new Uint32Array(items.buffer, items.byteOffset, items.length * 2).slice();
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
