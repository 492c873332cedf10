/**
 * Hash index from a name to its row: open addressing in one typed array, so a
 * million names cost 8 MB beside the names (a Map of strings costs ten times that).
 */
import { hashOf, type TextColumn, utf8Of } from './text-column.ts';

export class NameIndex {
  private readonly names: TextColumn;
  private readonly slots: Uint32Array;
  private readonly mask: number;

  /** Indexes `names`; row i is the name at i. Two equal names are an error of the caller (RangeError). */
  constructor(names: TextColumn) {
    this.names = names;
    let size = 8;
    while (size < names.length * 2) size *= 2;
    this.slots = new Uint32Array(size);
    this.mask = size - 1;
    for (let row = 0; row < names.length; row++) this.insert(row);
  }

  /** Row of a name, or -1. */
  find(name: string): number {
    const text = utf8Of(name);
    return this.slots[this.slotOf(text, hashOf(text, 0, text.length))]! - 1;
  }

  private insert(row: number): void {
    const at = this.slotOf(this.names.bytesAt(row), this.names.hashAt(row));
    if (this.slots[at] !== 0) throw new RangeError(`two tasks are named ${this.names.at(row)}`);
    this.slots[at] = row + 1;
  }

  /** The slot that has the name, or the empty one where it would be. */
  private slotOf(text: Uint8Array, hash: number): number {
    let at = hash & this.mask;
    for (;;) {
      const slot = this.slots[at]!;
      if (slot === 0 || this.names.equals(slot - 1, text)) return at;
      at = (at + 1) & this.mask;
    }
  }
}
