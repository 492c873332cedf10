/**
 * Many short texts as one stretch of UTF-8: 4 bytes a text beside its own, no
 * object for each, and a snapshot copies them as they are.
 */
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes of one text, for comparing; valid until the next call. Module-wide, since the core does one thing at a time. */
let scratch = new Uint8Array(1_024);

export function utf8Of(text: string): Uint8Array {
  if (scratch.length < text.length * 3) scratch = new Uint8Array(text.length * 6);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

export class TextColumn {
  readonly bytes: Uint8Array;
  /** Where each text ends; it begins where the one before ends. */
  readonly ends: Uint32Array;

  /** Takes both as they are; `ends` must not fall and must end with the length of `bytes`. */
  constructor(bytes: Uint8Array, ends: Uint32Array) {
    this.bytes = bytes;
    this.ends = ends;
  }

  /** Errors: RangeError from 4 GiB on. */
  static of(texts: readonly string[]): TextColumn {
    const ends = new Uint32Array(texts.length);
    let bytes = new Uint8Array(Math.max(64, texts.length * 12));
    let at = 0;
    for (let i = 0; i < texts.length; i++) {
      const text = utf8Of(texts[i]!);
      if (at + text.length > bytes.length) bytes = grown(bytes, at + text.length);
      bytes.set(text, at);
      at += text.length;
      ends[i] = at;
    }
    if (at >= 2 ** 32) throw new RangeError(`${at} bytes of names do not fit into one run`);
    return new TextColumn(bytes.slice(0, at), ends);
  }

  get length(): number {
    return this.ends.length;
  }

  at(row: number): string {
    return decoder.decode(this.bytesAt(row));
  }

  isEmpty(row: number): boolean {
    return this.startOf(row) === this.ends[row]!;
  }

  bytesAt(row: number): Uint8Array {
    return this.bytes.subarray(this.startOf(row), this.ends[row]!);
  }

  equals(row: number, text: Uint8Array): boolean {
    const { bytes } = this;
    const start = this.startOf(row);
    if (this.ends[row]! - start !== text.length) return false;
    for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
    return true;
  }

  /** Whether two rows have the same text. */
  same(row: number, other: number): boolean {
    const { bytes } = this;
    const from = this.startOf(other) - this.startOf(row);
    const end = this.ends[row]!;
    if (this.ends[other]! - end !== from) return false;
    for (let i = this.startOf(row); i < end; i++) if (bytes[i] !== bytes[i + from]) return false;
    return true;
  }

  /** FNV-1a over the bytes of a text, with a final mix for the low bits. */
  hashAt(row: number): number {
    return hashOf(this.bytes, this.startOf(row), this.ends[row]!);
  }

  private startOf(row: number): number {
    return row === 0 ? 0 : this.ends[row - 1]!;
  }
}

export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0x811c9dc5;
  for (let i = start; i < end; i++) value = Math.imul(value ^ bytes[i]!, 0x01000193);
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 12)) >>> 0;
}

function grown(bytes: Uint8Array, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(least, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
