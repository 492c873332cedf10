/** Values of a column as they lie in the engine's memory. */
import { type DuckDBDataChunk, DuckDBListVector, type DuckDBVector } from '@duckdb/node-api';
import { TagmillError } from '@tagmill/shared/errors';
import type { Validity } from './cuts.ts';

/** Good as long as the chunk is kept. */
export interface RawColumn {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly rows: number;
  readonly valid: Validity;
}

/** What a vector of the driver holds, whatever its type. */
interface Inside {
  readonly items?: ArrayBufferView;
  readonly dataView?: ArrayBufferView;
  readonly validity: { readonly data: BigUint64Array | null; readonly offset: number };
}

/** The values of a vector. */
export function rawColumn(vector: DuckDBVector, rows: number): RawColumn {
  const { items, dataView, validity } = vector as unknown as Inside;
  const data = items ?? dataView;
  if (data === undefined || validity.offset !== 0) throw new TagmillError('INTERNAL', 'expected plain values');
  const { data: bits } = validity;
  const valid = bits === null ? null : new Uint32Array(bits.buffer, bits.byteOffset, bits.length * 2);
  return { buffer: data.buffer, byteOffset: data.byteOffset, rows, valid };
}

/** The elements of the one list in a column of a chunk of one row: as many as `rows`, at least one. */
export function rawList(chunk: DuckDBDataChunk, column: number, rows: number): RawColumn {
  const vector = chunk.getColumnVector(column);
  if (!(vector instanceof DuckDBListVector)) throw new TagmillError('INTERNAL', 'expected a list');
  // One row only: its elements are all there are.
  const found = vector.getEntryOffset(0) === 0 ? vector.getEntryLength(0) : -1;
  if (found !== rows) throw new TagmillError('INTERNAL', `got ${found} values for ${rows} rows`);
  return rawColumn(vector.childVector, rows);
}
