import { type Column, checksum, END, HEAD_BYTES, JSON_RECORD, kindOf, padded, ROOM, TRAILER_BYTES } from './records.ts';
import { SECTION_BYTES, type SnapshotSection } from './section.ts';

const encoder = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** Puts records one behind the other and cuts them into sections. */
export class SectionWriter {
  private bytes = new Uint8Array(ROOM + TRAILER_BYTES);
  private at = 0;
  private name = '';
  private sum = 0;
  private number = 0;

  *json(name: string, value: unknown): Generator<SnapshotSection> {
    const bytes = encoder.encode(JSON.stringify(value));
    yield* this.record(name, JSON_RECORD, bytes.length, bytes);
  }

  /** A list of any length in records of `most` items, ended by an empty one. */
  *list(name: string, items: Iterable<unknown>, most = 4_096): Generator<SnapshotSection> {
    let part: unknown[] = [];
    for (const item of items) {
      part.push(item);
      if (part.length < most) continue;
      yield* this.json(name, part);
      part = [];
    }
    if (part.length > 0) yield* this.json(name, part);
    yield* this.json(name, []);
  }

  *column(name: string, column: Column): Generator<SnapshotSection> {
    yield* this.record(name, kindOf(column), column.length, new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }

  /** The last record, which says that nothing is missing. */
  *end(): Generator<SnapshotSection> {
    yield* this.record('end', END, 0, NOTHING);
    yield this.cut();
  }

  private *record(name: string, kind: number, count: number, bytes: Uint8Array): Generator<SnapshotSection> {
    const head = new Uint8Array(HEAD_BYTES);
    head[0] = kind;
    new DataView(head.buffer).setUint32(4, count, true);
    yield* this.put(name, head);
    yield* this.put(name, bytes);
    // What it is filled up with is 0: sections begin as such.
    this.at = padded(this.at);
  }

  private *put(name: string, bytes: Uint8Array): Generator<SnapshotSection> {
    let from = 0;
    while (from < bytes.length) {
      if (this.at === ROOM) yield this.cut();
      if (this.at === 0) this.name = name;
      const part = bytes.subarray(from, from + ROOM - this.at);
      this.bytes.set(part, this.at);
      this.at += part.length;
      from += part.length;
    }
  }

  private cut(): SnapshotSection {
    const words = new Uint32Array(this.bytes.buffer, 0, this.at / 4);
    this.sum = checksum(this.sum, words);
    const view = new DataView(this.bytes.buffer);
    view.setUint32(this.at, this.sum, true);
    view.setUint32(this.at + 4, this.number, true);
    const size = this.at + TRAILER_BYTES;
    const section = { name: this.name, bytes: size === SECTION_BYTES ? this.bytes : this.bytes.slice(0, size) };
    this.number += 1;
    this.bytes = new Uint8Array(ROOM + TRAILER_BYTES);
    this.at = 0;
    return section;
  }
}
