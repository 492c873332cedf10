/** Leaves of a table and values of its index as a stream, chunk by chunk: no value lies in memory longer than it takes to number it. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { TagmillError } from '@tagmill/shared/errors';
import { numberRows } from './number-rows.ts';
import { rawColumn } from './raw-column.ts';
import type { TableIndex } from './table-index.ts';

/** Where the stream goes: words of the leaves and numbers of the values, by row. */
export interface StreamTarget {
  readonly words: readonly Uint32Array[];
  readonly numbers: readonly Uint16Array[];
}

/**
 * Writes words and numbers of all rows. Gives how many values are none of their column's type.
 *
 * @param queries one for each leg of the scan; its rows are in the order of those that say they are of it
 * @param legOfRow the leg of each row; rows of one leg lie one behind the other
 */
export async function streamValues(
  connection: DuckDBConnection,
  index: TableIndex,
  queries: readonly string[],
  legOfRow: Uint32Array,
  target: StreamTarget,
): Promise<number> {
  const places = placesOf(legOfRow, queries.length);
  let errors = 0;
  for (const [leg, { from, to }] of places.entries()) {
    if (from === to) continue;
    const found = await streamLeg(connection, queries[leg]!, index, target, from, to);
    if (found.rows !== to - from) throw changed(to - from, found.rows);
    errors += found.errors;
  }
  return errors;
}

async function streamLeg(
  connection: DuckDBConnection,
  query: string,
  index: TableIndex,
  { words, numbers }: StreamTarget,
  from: number,
  to: number,
): Promise<{ readonly rows: number; readonly errors: number }> {
  const stream = await connection.stream(query);
  let at = from;
  let errors = 0;
  let next = stream.fetchChunk();
  try {
    for (;;) {
      const chunk = await next;
      if (chunk === null || chunk.rowCount === 0) return { rows: at - from, errors };
      const rows = chunk.rowCount;
      // The engine works on the next one meanwhile; if it fails, that is seen when its turn comes.
      next = stream.fetchChunk();
      next.catch(() => undefined);
      if (at + rows > to) throw changed(to - from, at + rows - from);
      for (let word = 0; word < words.length; word += 1) {
        const { buffer, byteOffset } = rawColumn(chunk.getColumnVector(word), rows);
        words[word]!.set(new Uint32Array(buffer, byteOffset, rows), at);
      }
      for (let value = 0; value < index.values.length; value += 1) {
        errors += numberRows(index, value, rawColumn(chunk.getColumnVector(words.length + value), rows), numbers, at);
      }
      at += rows;
    }
  } finally {
    // Nobody else may have the connection before.
    await next.catch(() => undefined);
  }
}

function placesOf(legOfRow: Uint32Array, legs: number): { from: number; to: number }[] {
  const places = Array.from({ length: legs }, () => ({ from: 0, to: 0 }));
  for (let row = 0; row < legOfRow.length; ) {
    const leg = legOfRow[row]!;
    let end = row + 1;
    while (end < legOfRow.length && legOfRow[end] === leg) end += 1;
    const place = places[leg]!;
    if (place.to > place.from) throw new TagmillError('INTERNAL', 'rows of a file came mixed with those of another');
    place.from = row;
    place.to = end;
    row = end;
  }
  return places;
}

const changed = (keys: number, values: number): TagmillError =>
  new TagmillError('INTERNAL', `a part of a table gave ${keys} keys and ${values} values`);
