import { TagmillError } from '@tagmill/shared/errors';
import { checksum, END, F64, HEAD_BYTES, JSON_RECORD, padded, ROOM, TRAILER_BYTES, U8, U16, U32, WIDTHS } from './records.ts';
import type { SnapshotSection } from './section.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

export const unusable = (what: string): TagmillError =>
  new TagmillError('SNAPSHOT_UNUSABLE', `the snapshot cannot be used: ${what}. An older one, or a copy of an executor, is taken instead.`);

/** Throws SNAPSHOT_UNUSABLE unless it holds. */
export function need(condition: boolean, what: string): asserts condition {
  if (!condition) throw unusable(what);
}

/**
 * Reads records back. Takes no more memory than the sections that are really
 * there, whatever they say of themselves. Errors: SNAPSHOT_UNUSABLE.
 */
export class SectionReader {
  private readonly sections: Iterator<SnapshotSection>;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private name = 'the beginning';
  private sum = 0;
  private number = 0;

  constructor(sections: Iterable<SnapshotSection>) {
    this.sections = sections[Symbol.iterator]();
  }

  json(): unknown {
    const bytes = this.record(JSON_RECORD);
    try {
      return JSON.parse(decoder.decode(bytes)) as unknown;
    } catch (error) {
      throw unusable(`what it says of ${this.name} is no JSON (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  /** Items of a list, in the order in which they were written. */
  *list(): Generator<unknown> {
    for (;;) {
      const part = this.json();
      need(Array.isArray(part), `${this.name} is no list`);
      if (part.length === 0) return;
      yield* part;
    }
  }

  u8(count?: number): Uint8Array {
    return this.record(U8, count);
  }

  u16(count?: number): Uint16Array {
    return new Uint16Array(this.record(U16, count).buffer);
  }

  u32(count?: number): Uint32Array {
    return new Uint32Array(this.record(U32, count).buffer);
  }

  f64(count?: number): Float64Array {
    return new Float64Array(this.record(F64, count).buffer);
  }

  end(): void {
    this.head(END);
    need(this.at === this.bytes.length && this.sections.next().done === true, 'something stands behind its end');
  }

  /** The bytes of a record, in a buffer of their own. */
  private record(kind: number, wanted?: number): Uint8Array<ArrayBuffer> {
    const { count } = this.head(kind);
    need(wanted === undefined || count === wanted, `${this.name} has ${count} entries instead of ${wanted}`);
    const size = count * WIDTHS[kind]!;
    const parts: Uint8Array[] = [];
    let missing = padded(size);
    while (missing > 0) {
      const part = this.some(missing);
      parts.push(part);
      missing -= part.length;
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const part of parts) {
      bytes.set(part.subarray(0, size - at), at);
      at += part.length;
    }
    return bytes;
  }

  private head(kind: number): { readonly count: number } {
    const head = this.some(HEAD_BYTES);
    need(
      head.length === HEAD_BYTES && head[0] === kind,
      `${this.name} holds a record of kind ${head[0]} where one of kind ${kind} belongs`,
    );
    return { count: new DataView(head.buffer, head.byteOffset).getUint32(4, true) };
  }

  /** At least one and at most `most` of the next bytes. */
  private some(most: number): Uint8Array {
    if (this.at === this.bytes.length) this.next();
    const part = this.bytes.subarray(this.at, this.at + most);
    this.at += part.length;
    return part;
  }

  private next(): void {
    const next = this.sections.next();
    need(next.done !== true, `it ends after ${this.number} sections, in the middle of ${this.name}`);
    const { name, bytes } = next.value;
    this.name = `section ${this.number} (${name})`;
    const size = bytes.length - TRAILER_BYTES;
    need(size > 0 && size <= ROOM && size % 8 === 0, `${this.name} has ${bytes.length} bytes`);
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
    this.sum = checksum(this.sum, new Uint32Array(aligned.buffer, aligned.byteOffset, size / 4));
    const view = new DataView(bytes.buffer, bytes.byteOffset + size, TRAILER_BYTES);
    need(view.getUint32(4, true) === this.number, `section ${view.getUint32(4, true)} stands where section ${this.number} belongs`);
    need(view.getUint32(0, true) === this.sum, `the checksum of ${this.name} is another: it was damaged`);
    this.bytes = bytes.subarray(0, size);
    this.at = 0;
    this.number += 1;
  }
}
