/** Values of a column as the numbers of an index, row by row. */
import { type Cuts, locateDoubles, locateInt32, locateInt64 } from './cuts.ts';
import type { FieldIndex } from './field-index.ts';
import type { RawColumn } from './raw-column.ts';

/** Writes the number of each row into `into`, from place `at` on. */
export function numberRows(column: FieldIndex, raw: RawColumn, into: Uint16Array, at: number): void {
  const { buffer, byteOffset, rows, valid } = raw;
  switch (column.form) {
    case 'code':
      into.set(new Uint16Array(buffer, byteOffset, rows), at);
      break;
    case 'int32':
      locateInt32(new Int32Array(buffer, byteOffset, rows), valid, cutsOf(column), into, at);
      break;
    case 'int64':
      locateInt64(new Int32Array(buffer, byteOffset, rows * 2), valid, cutsOf(column), into, at);
      break;
    case 'double':
      locateDoubles(new Float64Array(buffer, byteOffset, rows), valid, cutsOf(column), into, at);
      break;
  }
}

function cutsOf({ cuts }: FieldIndex): Cuts {
  if (cuts === undefined) throw new Error('an index of ordered values has cut points');
  return cuts;
}
