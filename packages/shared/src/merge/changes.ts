/**
 * The record of what one batch changed: users, the tags they entered and left,
 * the entries that went with the tags they left, and the rule versions that
 * decided, as columns in one compressed block. A row per changed user would
 * double the writes of a first load.
 *
 * Layout after decompression: u32 length of a JSON header, the header
 * (`v`, `tags` [[id, rule version]], `sets` [[entered, exited, entries]],
 * `entries` [text], `count`, `wide`), then by user the length of the key (u16),
 * the number of the set (u16, u32 when wide), then all keys end to end. Little
 * endian. A set's `entries` are positions in the header's, one for each tag of
 * `exited`: NO_ENTRY where the tag had none, NOT_KEPT where it was too much.
 * Version 1 had no entries. A block of version 3 has sets with a fourth part:
 * what was counted of runs in which the user was UNKNOWN, before and after.
 */
import { inflateRawSync } from 'node:zlib';
import type { MarkChange } from './row.ts';

export const NO_ENTRY = -1;
export const NOT_KEPT = -2;

/** The entry `"7":{...}` that a tag had when the user left it. Null: none. Undefined: not recorded. */
export type OldEntry = string | null | undefined;

export interface ChangeSet {
  readonly entered: readonly number[];
  readonly exited: readonly number[];
  /** By position in `exited`. */
  readonly exitedEntries: readonly OldEntry[];
  /** Of tags that the user kept: what was counted of runs in which they were UNKNOWN. Absent: nothing. */
  readonly marked?: readonly MarkChange[];
}

export interface UserChange extends ChangeSet {
  readonly userId: string;
}

export interface ChangeBlock {
  /** Rule version of each tag of the pass. */
  readonly ruleVersions: ReadonlyMap<number, number>;
  readonly users: readonly UserChange[];
}

/** A block as it lies: users share few sets. */
export interface ChangeColumns {
  readonly ruleVersions: ReadonlyMap<number, number>;
  readonly count: number;
  /** UTF-8 of all keys, end to end: user r is keys[offsets[r], offsets[r + 1]). In no order. */
  readonly keys: Uint8Array;
  readonly offsets: Uint32Array;
  /** Position in `sets` of each user. */
  readonly setOf: Uint32Array;
  readonly sets: readonly ChangeSet[];
}

export interface ChangeHeader {
  readonly v: 1 | 2 | 3;
  readonly tags: readonly (readonly [number, number])[];
  readonly sets: readonly (readonly [readonly number[], readonly number[], (readonly number[])?, (readonly MarkChange[])?])[];
  readonly entries?: readonly string[];
  readonly count: number;
  readonly wide: boolean;
}

/** Throws when the block is not one of ours. */
export function decodeChanges(compressed: Uint8Array): ChangeBlock {
  const { ruleVersions, count, keys, offsets, setOf, sets } = decodeChangeColumns(compressed);
  const text = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength);
  const users = Array.from({ length: count }, (_, row) => ({
    userId: text.toString('utf8', offsets[row], offsets[row + 1]),
    ...sets[setOf[row]!]!,
  }));
  return { ruleVersions, users };
}

/** Throws when the block is not one of ours. */
export function decodeChangeColumns(compressed: Uint8Array): ChangeColumns {
  const block = inflateRawSync(compressed);
  const lengthsAt = 4 + block.readUInt32LE(0);
  const header = JSON.parse(block.toString('utf8', 4, lengthsAt)) as ChangeHeader;
  if (![1, 2, 3].includes(header.v)) throw new Error(`a change block of version ${String(header.v)} cannot be read`);
  const { count, wide } = header;
  const setsAt = lengthsAt + count * 2;
  const keysAt = setsAt + count * (wide ? 4 : 2);
  const offsets = new Uint32Array(count + 1);
  const setOf = new Uint32Array(count);
  for (let row = 0; row < count; row += 1) {
    offsets[row + 1] = offsets[row]! + block.readUInt16LE(lengthsAt + row * 2);
    setOf[row] = wide ? block.readUInt32LE(setsAt + row * 4) : block.readUInt16LE(setsAt + row * 2);
  }
  if (keysAt + offsets[count]! !== block.length) throw new Error(`a change block of ${count} users has ${block.length} bytes`);
  const sets = header.sets.map(([entered, exited, numbers = [], marked]) => ({
    entered,
    exited,
    exitedEntries: exited.map((_, at) => entryOf(header, numbers[at] ?? NOT_KEPT)),
    ...(marked === undefined ? {} : { marked }),
  }));
  return { ruleVersions: new Map(header.tags), count, keys: block.subarray(keysAt), offsets, setOf, sets };
}

const entryOf = ({ entries }: ChangeHeader, number: number): OldEntry => (number === NO_ENTRY ? null : entries?.[number]);
