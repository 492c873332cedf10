/**
 * Hash index from a name to its row: open addressing in one typed array, so a
 * million names cost 8 MB beside the names (a Map of strings costs ten times
 * that). What a slot has left beside the row holds bits of the hash: names that
 * differ are told apart without being looked at, which would miss the cache.
 */
import { hashOf, type TextColumn, utf8Of } from './text-column.ts';

export class NameIndex {
  private readonly names: TextColumn;
  private readonly slots: Uint32Array;
  private readonly mask: number;
  /** Bits of a slot that hold its row plus one. */
  private readonly rowMask: number;

  /** Indexes `names`; row i is the name at i. Two equal names are an error of the caller (RangeError). */
  constructor(names: TextColumn) {
    this.names = names;
    let size = 8;
    while (size < names.length * 2) size *= 2;
    this.slots = new Uint32Array(size);
    this.mask = size - 1;
    this.rowMask = this.mask;
    for (let row = 0; row < names.length; row++) this.insert(row);
  }

  /** Row of a name, or -1. */
  find(name: string): number {
    const { names, slots, mask, rowMask } = this;
    const text = utf8Of(name);
    const hash = hashOf(text, 0, text.length);
    for (let at = hash & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const slot = slots[at]!;
      if (((slot ^ hash) & ~rowMask) === 0 && names.equals((slot & rowMask) - 1, text)) return (slot & rowMask) - 1;
    }
    return -1;
  }

  private insert(row: number): void {
    const { names, slots, mask, rowMask } = this;
    const hash = names.hashAt(row);
    let at = hash & mask;
    for (; slots[at] !== 0; at = (at + 1) & mask) {
      const slot = slots[at]!;
      if (((slot ^ hash) & ~rowMask) === 0 && names.same((slot & rowMask) - 1, row))
        throw new RangeError(`two tasks are named ${names.at(row)}`);
    }
    slots[at] = (hash & ~rowMask) | (row + 1);
  }
}
