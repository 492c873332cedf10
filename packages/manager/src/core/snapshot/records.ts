/**
 * Records of a snapshot. Each is a head of 8 bytes (u8 kind, u32 count at 4),
 * then `count` numbers, little-endian, or `count` bytes of JSON, filled up to
 * 8. Sections cut the row of records wherever they are full; each ends with a
 * checksum over all sections so far, and its number.
 */
import { SECTION_BYTES } from './section.ts';

export const JSON_RECORD = 1;
export const U8 = 2;
export const U16 = 3;
export const U32 = 4;
export const F64 = 5;
export const END = 6;

export const HEAD_BYTES = 8;
export const TRAILER_BYTES = 8;
export const ROOM = SECTION_BYTES - TRAILER_BYTES;

export type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

export const kindOf = (column: Column): number =>
  column instanceof Uint8Array ? U8 : column instanceof Uint16Array ? U16 : column instanceof Uint32Array ? U32 : F64;

/** Bytes of one number of a kind; of JSON, of one byte. */
export const WIDTHS: Readonly<Record<number, number>> = { [JSON_RECORD]: 1, [U8]: 1, [U16]: 2, [U32]: 4, [F64]: 8, [END]: 0 };

export const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Changes with every bit of every word, and with their order. */
export function checksum(before: number, words: Uint32Array): number {
  let value = before;
  for (let i = 0; i < words.length; i++) {
    value = Math.imul(value ^ words[i]!, 0x9e3779b1);
    value ^= value >>> 15;
  }
  return value >>> 0;
}
