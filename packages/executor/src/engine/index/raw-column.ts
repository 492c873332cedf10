/** Values of a column as they lie in the engine's memory. */
import { type DuckDBDataChunk, DuckDBListVector } from '@duckdb/node-api';
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

/** The elements of the one list in a column of a chunk of one row: as many as `rows`, at least one. */
export function rawColumn(chunk: DuckDBDataChunk, column: number, rows: number): RawColumn {
  const vector = chunk.getColumnVector(column);
  if (!(vector instanceof DuckDBListVector)) throw new TagmillError('INTERNAL', 'expected a list');
  const { items, dataView, validity } = vector.childVector as unknown as Inside;
  const data = items ?? dataView;
  // One row only: its elements are all there are.
  if (data === undefined || vector.getEntryOffset(0) !== 0 || validity.offset !== 0)
    throw new TagmillError('INTERNAL', 'expected plain values');
  if (vector.getEntryLength(0) !== rows) throw new TagmillError('INTERNAL', `got ${vector.getEntryLength(0)} values for ${rows} rows`);
  const { data: bits } = validity;
  const valid = bits === null ? null : new Uint32Array(bits.buffer, bits.byteOffset, bits.length * 2);
  return { buffer: data.buffer, byteOffset: data.byteOffset, rows, valid };
}
