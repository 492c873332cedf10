/** All indexes of a table, and where the truths of their leaves lie: 32 to a word, fields one behind the other. */
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import type { FieldIndex } from './field-index.ts';

/** Slots of a word of truths, by bit, and what its fields put into it. */
export interface TruthWord {
  readonly slots: Int32Array;
  readonly parts: readonly TruthPart[];
}

export interface TruthPart {
  /** Index of the column. */
  readonly column: number;
  /** By the number of a value: its bits. */
  readonly bits: Int32Array;
}

/** A value that leaves the engine: that of one column, or the numbers of several, 16 bits each, the first in the lowest. */
export interface ReadValue {
  readonly sql: string;
  /** The column that it is, where it may come unchecked. */
  readonly field?: string;
  readonly columns: readonly number[];
}

export interface TableIndex {
  readonly columns: readonly FieldIndex[];
  readonly values: readonly ReadValue[];
  readonly words: readonly TruthWord[];
  /** Slots of leaves in pairs with the slot in which their field is missing; -1: the leaf is never U. */
  readonly leaves: Int32Array;
}

const WORD = 32;

/** Slots that the leaves and the missing values of the columns take. */
export const slotsOf = (columns: readonly FieldIndex[]): number =>
  columns.reduce((sum, { leaves }) => sum + leaves.length + (leaves.some((leaf) => leaf.unknown) ? 1 : 0), 0);

/**
 * Lays the leaves out from `firstSlot` on.
 *
 * @param place told the slot of each leaf
 */
export function tableIndex(columns: readonly FieldIndex[], firstSlot: number, place: (node: NormalLeaf, slot: number) => void): TableIndex {
  const words: { slots: number[]; parts: { column: number; bits: Int32Array }[] }[] = [];
  const leaves: number[] = [];
  let slot = firstSlot;
  const addBit = (column: number, holds: (number: number) => boolean): number => {
    if (words.length === 0 || words.at(-1)!.slots.length === WORD) words.push({ slots: [], parts: [] });
    const word = words.at(-1)!;
    let part = word.parts.at(-1);
    if (part?.column !== column) {
      part = { column, bits: new Int32Array(numbersOf(columns[column]!)) };
      word.parts.push(part);
    }
    const bit = 1 << word.slots.length;
    for (let number = 0; number < part.bits.length; number += 1) if (holds(number)) part.bits[number]! |= bit;
    word.slots.push(slot);
    return slot++;
  };
  columns.forEach((own, column) => {
    const missing = own.leaves.some((leaf) => leaf.unknown) ? addBit(column, (number) => number === own.missing) : -1;
    for (const leaf of own.leaves) {
      const at = addBit(column, (number) => leaf.holds[number] === 1);
      place(leaf.node, at);
      leaves.push(at, leaf.unknown ? missing : -1);
    }
  });
  return {
    columns,
    values: valuesOf(columns),
    words: words.map(({ slots, parts }) => ({ slots: Int32Array.from(slots), parts })),
    leaves: Int32Array.from(leaves),
  };
}

/** Numbers in a value: each column that leaves the engine costs about as much, however wide it is. */
const PACKED = 4;

function valuesOf(columns: readonly FieldIndex[]): ReadValue[] {
  const numbered = [...columns.keys()].filter((column) => columns[column]!.form === 'code');
  const values: ReadValue[] = [...columns.keys()]
    .filter((column) => columns[column]!.form !== 'code')
    .map((column) => {
      const { sql, field } = columns[column]!;
      return { sql, columns: [column], ...(field === undefined ? {} : { field }) };
    });
  for (let first = 0; first < numbered.length; first += PACKED) {
    const packed = numbered.slice(first, first + PACKED);
    const parts = packed.map((column, lane) => `(${columns[column]!.sql}::UBIGINT << ${16 * lane})`);
    values.push({ sql: `(${parts.join(' | ')})`, columns: packed });
  }
  return values;
}

const numbersOf = ({ leaves }: FieldIndex): number => leaves[0]?.holds.length ?? 0;
