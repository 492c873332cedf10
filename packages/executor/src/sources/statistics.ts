/** What footers say of the values of a column: how many are missing, and between which two the others lie. */
import type { ColumnChunk, FileMetaData } from 'hyparquet';
import type { ParquetColumn, UsableColumn } from './parquet-types.ts';

/** An end of a range, with what orders it. */
interface Bound {
  readonly text: string;
  readonly order: number | bigint | string;
}

/** Null: some row group does not say. */
export interface ColumnStats {
  readonly rows: number;
  readonly nulls: number | null;
  readonly min: Bound | null;
  readonly max: Bound | null;
}

/** Longer texts are no range that a person reads. */
const MOST_CHARS = 100;

/** By name, of columns that a rule can use and that have an order. */
export function statsOf(metadata: FileMetaData, columns: readonly ParquetColumn[]): ReadonlyMap<string, ColumnStats> {
  const found = new Map<string, ColumnStats>();
  for (const column of columns) {
    if ('unusable' in column) continue;
    const groups = metadata.row_groups.filter((group) => group.num_rows > 0n);
    const all = groups.map((group) => {
      const chunks = group.columns.filter((one) => one.meta_data?.path_in_schema[0] === column.name);
      return chunkStats(column, chunks.length === 1 ? chunks[0] : undefined, Number(group.num_rows));
    });
    const sum = joinStats(all);
    if (sum !== undefined) found.set(column.name, sum);
  }
  return found;
}

/** Of row groups or files, those of all of them. Undefined: there are none. */
export function joinStats(all: readonly ColumnStats[]): ColumnStats | undefined {
  return all.length === 0 ? undefined : all.reduce(join);
}

function join(a: ColumnStats, b: ColumnStats): ColumnStats {
  const nulls = a.nulls === null || b.nulls === null ? null : a.nulls + b.nulls;
  // One without any value has no ends, and moves none.
  if (b.nulls === b.rows) return { ...a, rows: a.rows + b.rows, nulls };
  if (a.nulls === a.rows) return { ...b, rows: a.rows + b.rows, nulls };
  const end = (x: Bound | null, y: Bound | null, sign: 1 | -1): Bound | null =>
    x === null || y === null ? null : sign * compare(x, y) <= 0 ? x : y;
  return { rows: a.rows + b.rows, nulls, min: end(a.min, b.min, 1), max: end(a.max, b.max, -1) };
}

function compare({ order: a }: Bound, { order: b }: Bound): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

function chunkStats(column: UsableColumn, chunk: ColumnChunk | undefined, rows: number): ColumnStats {
  const stats = chunk?.meta_data?.statistics;
  const nothing = { rows, nulls: null, min: null, max: null };
  if (stats === undefined || column.type.kind === 'array') return nothing;
  const nulls = stats.null_count === undefined ? null : Number(stats.null_count);
  // The older pair was ordered by signed bytes for what is kept as bytes.
  const old = chunk?.meta_data?.type === 'INT32' || chunk?.meta_data?.type === 'INT64' || column.type.kind === 'double';
  const min = stats.is_min_value_exact === false ? null : boundOf(column, stats.min_value ?? (old ? stats.min : undefined));
  const max = stats.is_max_value_exact === false ? null : boundOf(column, stats.max_value ?? (old ? stats.max : undefined));
  return { rows, nulls, min, max };
}

function boundOf({ type }: UsableColumn, value: unknown): Bound | null {
  switch (type.kind) {
    case 'int64':
      return typeof value === 'bigint' || Number.isSafeInteger(value)
        ? { text: String(value), order: BigInt(value as bigint | number) }
        : null;
    case 'decimal':
      return decimalBound(type.scale, value);
    case 'double':
      return typeof value === 'number' && Number.isFinite(value) ? { text: String(value), order: value } : null;
    case 'date':
      return isInCalendar(value) ? { text: value.toISOString().slice(0, 10), order: value.getTime() } : null;
    case 'timestamp':
      return isInCalendar(value) ? { text: value.toISOString(), order: value.getTime() } : null;
    case 'string':
      return textBound(value);
    default:
      return null;
  }
}

const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/** Files may hold infinity and years of five digits, which are no days to a rule, and no dates to this language. */
const isInCalendar = (value: unknown): value is Date => value instanceof Date && value.getTime() >= FIRST_MS && value.getTime() <= LAST_MS;

/** The reader gives decimals as doubles: only what these hold exactly is told. */
function decimalBound(scale: number, value: unknown): Bound | null {
  if (typeof value === 'bigint') return { text: String(value), order: Number(value) };
  if (typeof value !== 'number' || Math.abs(value) * 10 ** scale > Number.MAX_SAFE_INTEGER) return null;
  return { text: String(Number(value.toFixed(scale))), order: value };
}

function textBound(value: unknown): Bound | null {
  if (!(value instanceof Uint8Array)) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    return text.length > MOST_CHARS ? null : { text, order: text };
  } catch {
    // A bound that was cut in the middle of a character.
    return null;
  }
}
