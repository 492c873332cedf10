/**
 * Arrays that are used again from shard to shard: new ones of some megabytes
 * each made the garbage collector take a fifth of the time. What it hands out
 * holds until the next shard begins, and is not cleared.
 */
export class Scratch {
  readonly #kept = new Map<string, ArrayBuffer>();

  float64(name: string, length: number): Float64Array {
    return new Float64Array(this.#buffer(name, length * 8), 0, length);
  }

  int32(name: string, length: number): Int32Array {
    return new Int32Array(this.#buffer(name, length * 4), 0, length);
  }

  uint32(name: string, length: number): Uint32Array {
    return new Uint32Array(this.#buffer(name, length * 4), 0, length);
  }

  uint16(name: string, length: number): Uint16Array {
    return new Uint16Array(this.#buffer(name, length * 2), 0, length);
  }

  bytes(name: string, length: number): Buffer {
    return Buffer.from(this.#buffer(name, length), 0, length);
  }

  #buffer(name: string, bytes: number): ArrayBuffer {
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.byteLength >= bytes) return kept;
    // A little more than asked: shards differ by a few users.
    const grown = new ArrayBuffer(Math.ceil(bytes * 1.1) + 64);
    this.#kept.set(name, grown);
    return grown;
  }
}
