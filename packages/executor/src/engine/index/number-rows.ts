/** Values as they lie in memory as the numbers of an index, row by row. */
import { type Cuts, locateDoubles, locateInt32, locateInt64 } from './cuts.ts';
import type { FieldIndex } from './field-index.ts';
import type { RawColumn } from './raw-column.ts';
import type { TableIndex } from './table-index.ts';

/**
 * Writes the numbers of the columns that the index's value has into theirs of
 * `numbers`, from place `at` on. Gives how many values are none of their column's type.
 */
export function numberRows(index: TableIndex, value: number, raw: RawColumn, numbers: readonly Uint16Array[], at: number): number {
  const { columns } = index.values[value]!;
  let errors = 0;
  for (let lane = 0; lane < columns.length; lane += 1) {
    const column = columns[lane]!;
    errors += locate(index.columns[column]!, raw, lane, numbers[column]!, at);
  }
  return errors;
}

function locate(column: FieldIndex, { buffer, byteOffset, rows, valid }: RawColumn, lane: number, into: Uint16Array, at: number): number {
  switch (column.form) {
    case 'code':
      unpack(new Uint16Array(buffer, byteOffset, rows * 4), lane, rows, into, at);
      return 0;
    case 'int32':
      return locateInt32(new Int32Array(buffer, byteOffset, rows), valid, cutsOf(column), into, at, column.bounds);
    case 'int64':
      return locateInt64(new Int32Array(buffer, byteOffset, rows * 2), valid, cutsOf(column), into, at, column.bounds);
    case 'double':
      locateDoubles(new Float64Array(buffer, byteOffset, rows), valid, cutsOf(column), into, at);
      return 0;
  }
}

/** Numbers that are packed by four into 64 bits. */
function unpack(packed: Uint16Array, lane: number, rows: number, into: Uint16Array, at: number): void {
  for (let row = 0; row < rows; row += 1) into[at + row] = packed[4 * row + lane]!;
}

function cutsOf({ cuts }: FieldIndex): Cuts {
  if (cuts === undefined) throw new Error('an index of ordered values has cut points');
  return cuts;
}
