/** Footers of Parquet files: what a file holds, and where each column chunk lies. */
import { TagmillError, toTagmillError } from '@tagmill/shared/errors';
import type { PlannedRowGroup } from '@tagmill/shared/job';
import { type ColumnChunk, type FileMetaData, parquetMetadata, parquetSchema, type Statistics } from 'hyparquet';
import type { ObjectStore, StoredObject } from './object-store.ts';
import { type ColumnStats, statsOf } from './statistics.ts';
import { columnsOf, type ParquetColumn, type UsableColumn } from './parquet-types.ts';

/** Bytes [start, end) of an object. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface Footer {
  readonly columns: readonly ParquetColumn[];
  readonly rowGroups: readonly PlannedRowGroup[];
  /** From here to the end of the file: metadata, its length, the mark. */
  readonly footerStart: number;
  /** Per row group and top-level column: its chunks, bloom filter and page indexes. */
  readonly ranges: readonly ReadonlyMap<string, readonly ByteRange[]>[];
  /** Of columns that a rule can use. */
  readonly stats: ReadonlyMap<string, ColumnStats>;
}

export const KEY_COLUMN = 'user_id';
/** First bytes read from the end: enough for most footers in one request. */
const TAIL_BYTES = 64 * 1024;
/** Mark and length at the end, mark at the start. */
const MIN_FILE_BYTES = 12;

/**
 * Reads and understands the footer of a pinned object.
 * Errors: TABLE_UNREADABLE when it is truncated or not Parquet; those of the store.
 */
export async function readFooter(store: ObjectStore, object: StoredObject, signal?: AbortSignal): Promise<Footer> {
  const bytes = await footerBytes(store, object, signal);
  try {
    const metadata = parquetMetadata(bytes, { geoparquet: false, parsers: { stringFromBytes: (raw: Uint8Array) => raw.slice() } });
    return understand(metadata, object);
  } catch (thrown) {
    throw unreadable(object, `its footer cannot be understood: ${toTagmillError(thrown).message}`);
  }
}

export function unreadable(object: StoredObject, why: string): TagmillError {
  const message = `${object.key} cannot be read as Parquet: ${why}; write the file again or remove it`;
  return new TagmillError('TABLE_UNREADABLE', message, { object: object.key });
}

async function footerBytes(store: ObjectStore, object: StoredObject, signal?: AbortSignal): Promise<Uint8Array> {
  const size = object.sizeBytes;
  if (size < MIN_FILE_BYTES) throw unreadable(object, `it has ${size} bytes`);
  const tailStart = Math.max(0, size - TAIL_BYTES);
  const tail = await store.readRange(object, tailStart, size, signal);
  const mark = new TextDecoder('latin1').decode(tail.subarray(tail.length - 4));
  if (mark === 'PARE') throw unreadable(object, 'it is encrypted');
  if (mark !== 'PAR1') throw unreadable(object, 'the mark PAR1 is not at its end');
  const footerLength = new DataView(tail.buffer, tail.byteOffset).getUint32(tail.length - 8, true) + 8;
  if (footerLength > size - 4) throw unreadable(object, 'its footer would be longer than the file');
  if (footerLength <= tail.length) return tail;
  const rest = await store.readRange(object, size - footerLength, tailStart, signal);
  const whole = new Uint8Array(footerLength);
  whole.set(rest);
  whole.set(tail, rest.length);
  return whole;
}

function understand(metadata: FileMetaData, object: StoredObject): Footer {
  const columns = withoutTwins(columnsOf(parquetSchema(metadata)));
  const key = columns.find((column): column is UsableColumn => column.name === KEY_COLUMN && 'type' in column);
  const footerStart = object.sizeBytes - metadata.metadata_length - 8;
  let firstRow = 0;
  const rowGroups = metadata.row_groups.map((group) => {
    const rows = Number(group.num_rows);
    const chunk = group.columns.find((one) => one.meta_data?.path_in_schema[0] === KEY_COLUMN);
    const planned = { firstRow, rows, ...(key === undefined ? {} : keyBounds(key, chunk?.meta_data?.statistics)) };
    firstRow += rows;
    return planned;
  });
  const starts = knownStarts(metadata, footerStart);
  const ranges = metadata.row_groups.map((group) => {
    const byColumn = new Map<string, ByteRange[]>();
    for (const chunk of group.columns) {
      const name = chunk.meta_data?.path_in_schema[0];
      if (name === undefined) throw new Error('a column chunk has no metadata');
      byColumn.set(name, [...(byColumn.get(name) ?? []), ...chunkRanges(chunk, starts, footerStart)]);
    }
    return byColumn;
  });
  return { columns, rowGroups, footerStart, ranges, stats: statsOf(metadata, columns) };
}

/** DuckDB tells columns apart without regard to case; two that differ only so cannot be named. */
function withoutTwins(columns: readonly ParquetColumn[]): ParquetColumn[] {
  const counts = new Map<string, number>();
  for (const { name } of columns) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  return columns.map((column) =>
    (counts.get(column.name.toLowerCase()) ?? 0) > 1
      ? { name: column.name, required: column.required, unusable: 'one of several columns of this name' }
      : column,
  );
}

/** Bounds of the key in a row group, where the footer tells them exactly; otherwise nothing is known. */
function keyBounds(key: UsableColumn, statistics: Statistics | undefined): { minKey?: string; maxKey?: string } {
  if (statistics === undefined || statistics.is_min_value_exact === false || statistics.is_max_value_exact === false) return {};
  // The older pair was ordered by signed bytes for text: only the newer one can be trusted there.
  const text = key.type.kind === 'string';
  const minKey = boundText(statistics.min_value ?? (text ? undefined : statistics.min));
  const maxKey = boundText(statistics.max_value ?? (text ? undefined : statistics.max));
  return minKey === undefined || maxKey === undefined ? {} : { minKey, maxKey };
}

function boundText(bound: unknown): string | undefined {
  if (typeof bound === 'bigint' || typeof bound === 'number') return String(bound);
  if (!(bound instanceof Uint8Array)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bound);
  } catch {
    // A bound that was cut in the middle of a character, or a key that is no text: no bound.
    return undefined;
  }
}

function chunkRanges(chunk: ColumnChunk, starts: readonly number[], footerStart: number): ByteRange[] {
  const meta = chunk.meta_data;
  if (meta === undefined) throw new Error('a column chunk has no metadata');
  const pages = [meta.dictionary_page_offset, meta.data_page_offset].map((offset) => Number(offset ?? 0)).filter((offset) => offset > 0);
  const found: ByteRange[] = [];
  if (pages.length > 0) {
    const start = Math.min(...pages);
    found.push({ start, end: start + Number(meta.total_compressed_size) });
  } // Else a chunk without a page, as some writers leave in a row group without rows: it lies nowhere.
  const bloom = Number(meta.bloom_filter_offset ?? 0);
  if (bloom > 0) found.push({ start: bloom, end: meta.bloom_filter_length ? bloom + meta.bloom_filter_length : nextStart(starts, bloom) });
  if (chunk.offset_index_offset !== undefined) found.push(span(chunk.offset_index_offset, chunk.offset_index_length));
  if (chunk.column_index_offset !== undefined) found.push(span(chunk.column_index_offset, chunk.column_index_length));
  for (const range of found) {
    if (!(range.start >= 0 && range.end >= range.start && range.end <= footerStart))
      throw new Error('a column chunk lies outside of the file');
  }
  return found;
}

const span = (offset: bigint, length: number | undefined): ByteRange => ({ start: Number(offset), end: Number(offset) + (length ?? 0) });

/** Older writers give a bloom filter's start but not its length: it ends before whatever starts next. */
function knownStarts(metadata: FileMetaData, footerStart: number): number[] {
  const starts = [footerStart];
  for (const group of metadata.row_groups) {
    for (const chunk of group.columns) {
      const meta = chunk.meta_data;
      for (const offset of [
        meta?.dictionary_page_offset,
        meta?.data_page_offset,
        meta?.bloom_filter_offset,
        chunk.offset_index_offset,
        chunk.column_index_offset,
      ]) {
        if (offset !== undefined && Number(offset) > 0) starts.push(Number(offset));
      }
    }
  }
  return starts.sort((a, b) => a - b);
}

const nextStart = (starts: readonly number[], after: number): number => starts.find((start) => start > after) ?? after;
