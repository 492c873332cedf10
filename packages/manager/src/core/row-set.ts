/**
 * A set of rows in ascending order: one bit a row, with two levels above that
 * say where bits are, so that looking through it skips what is empty.
 */
export class RowSet {
  private readonly levels: readonly [Uint32Array, Uint32Array, Uint32Array];
  private count = 0;

  /** For rows from 0 to `rows - 1`. */
  constructor(rows: number) {
    const words = (bits: number) => new Uint32Array(Math.ceil(bits / 32));
    const low = words(rows);
    const middle = words(low.length);
    this.levels = [low, middle, words(middle.length)];
  }

  get size(): number {
    return this.count;
  }

  has(row: number): boolean {
    return (this.levels[0][row >>> 5]! & (1 << (row & 31))) !== 0;
  }

  add(row: number): void {
    if (this.has(row)) return;
    this.count += 1;
    let at = row;
    for (const level of this.levels) {
      level[at >>> 5]! |= 1 << (at & 31);
      at >>>= 5;
    }
  }

  delete(row: number): void {
    if (!this.has(row)) return;
    this.count -= 1;
    let at = row;
    for (const level of this.levels) {
      level[at >>> 5]! &= ~(1 << (at & 31));
      if (level[at >>> 5] !== 0) return;
      at >>>= 5;
    }
  }

  *[Symbol.iterator](): Generator<number> {
    const [low, middle, top] = this.levels;
    for (let t = 0; t < top.length; t++) {
      for (const m of bitsOf(top[t]!, t)) for (const l of bitsOf(middle[m]!, m)) yield* bitsOf(low[l]!, l);
    }
  }
}

function* bitsOf(word: number, index: number): Generator<number> {
  for (let rest = word; rest !== 0; rest &= rest - 1) yield index * 32 + (31 - Math.clz32(rest & -rest));
}
