/**
 * Hash index from a name to its row: open addressing in one typed array, so a
 * million names cost 8 MB beside the names (a Map of strings costs ten times that).
 */
export class NameIndex {
  private readonly names: readonly string[];
  private readonly slots: Uint32Array;
  private readonly mask: number;

  /** Indexes `names`; row i is the name at i. Two equal names are an error of the caller. */
  constructor(names: readonly string[]) {
    this.names = names;
    let size = 8;
    while (size < names.length * 2) size *= 2;
    this.slots = new Uint32Array(size);
    this.mask = size - 1;
    for (let row = 0; row < names.length; row++) this.insert(row);
  }

  /** Row of a name, or -1. */
  find(name: string): number {
    let at = hash(name) & this.mask;
    for (;;) {
      const slot = this.slots[at]!;
      if (slot === 0) return -1;
      if (this.names[slot - 1] === name) return slot - 1;
      at = (at + 1) & this.mask;
    }
  }

  private insert(row: number): void {
    const name = this.names[row]!;
    if (this.find(name) !== -1) throw new RangeError(`two tasks are named ${name}`);
    let at = hash(name) & this.mask;
    while (this.slots[at] !== 0) at = (at + 1) & this.mask;
    this.slots[at] = row + 1;
  }
}

/** FNV-1a over UTF-16 units, with a final mix for the low bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 12)) >>> 0;
}
