/** The users of a batch: UTF-8 keys end to end, sorted by their bytes. */
export interface KeyColumn {
  readonly count: number;
  readonly keys: Uint8Array;
  /** count + 1 positions in `keys`. */
  readonly offsets: Uint32Array;
}

export class BatchKeys {
  readonly count: number;
  readonly #offsets: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  #cursor = 0;

  constructor({ count, keys, offsets }: KeyColumn) {
    this.count = count;
    this.#offsets = offsets;
    this.#bytes = keys;
    this.#buffer = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  }

  key(row: number): Uint8Array {
    return this.#bytes.subarray(this.#offsets[row]!, this.#offsets[row + 1]!);
  }

  keyText(row: number): string {
    return this.#buffer.toString('utf8', this.#offsets[row]!, this.#offsets[row + 1]!);
  }

  /** All keys as text. Decoded at once where they are ASCII, as most are: a fifth of the time. */
  keyTexts(): string[] {
    const offsets = this.#offsets;
    const { count } = this;
    const all = this.#buffer.toString('utf8', offsets[0], offsets[count]);
    if (all.length !== offsets[count]! - offsets[0]!) return Array.from({ length: count }, (_, row) => this.keyText(row));
    const texts: string[] = [];
    for (let row = 0; row < count; row += 1) texts.push(all.slice(offsets[row]! - offsets[0]!, offsets[row + 1]! - offsets[0]!));
    return texts;
  }

  /** The user's position in the batch, -1 when they are not in it. Cheapest when asked in the order of the keys. */
  find(key: Uint8Array): number {
    const last = this.count - 1;
    for (let steps = 0; steps < 8 && this.#cursor <= last; steps += 1) {
      const order = this.#compare(this.#cursor, key);
      if (order === 0) return this.#cursor;
      if (order > 0) {
        if (this.#cursor === 0 || this.#compare(this.#cursor - 1, key) < 0) return -1;
        break;
      }
      this.#cursor += 1;
    }
    return this.#search(key);
  }

  #search(key: Uint8Array): number {
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = this.#compare(middle, key);
      if (order === 0) {
        this.#cursor = middle;
        return middle;
      }
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    this.#cursor = Math.max(0, Math.min(low, this.count - 1));
    return -1;
  }

  /** Order of the batch's key at `row` and the key given. */
  #compare(row: number, key: Uint8Array): number {
    const keys = this.#bytes;
    const from = this.#offsets[row]!;
    const length = this.#offsets[row + 1]! - from;
    const shared = Math.min(length, key.length);
    for (let at = 0; at < shared; at += 1) {
      const difference = keys[from + at]! - key[at]!;
      if (difference !== 0) return difference;
    }
    return length - key.length;
  }
}
