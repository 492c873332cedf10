/**
 * The record of what one batch changed: users, the tags they entered and left,
 * and the rule versions that decided, as columns in one compressed block. A
 * row per changed user would double the writes of a first load.
 *
 * Layout after decompression: u32 length of a JSON header, the header
 * (`v`, `tags` [[id, rule version]], `sets` [[entered, exited]], `count`,
 * `wide`), then by user the length of the key (u16), the number of the set
 * (u16, u32 when wide), then all keys end to end. Little endian.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';

export interface UserChange {
  readonly userId: string;
  readonly entered: readonly number[];
  readonly exited: readonly number[];
}

export interface ChangeBlock {
  /** Rule version of each tag of the pass. */
  readonly ruleVersions: ReadonlyMap<number, number>;
  readonly users: readonly UserChange[];
}

interface Header {
  readonly v: 1;
  readonly tags: readonly (readonly [number, number])[];
  readonly sets: readonly (readonly [readonly number[], readonly number[]])[];
  readonly count: number;
  readonly wide: boolean;
}

const NONE: readonly number[] = [];

/** Gathers the changes of a batch; keys as bytes, sets shared by identity where the caller can. */
export class ChangeRecorder {
  readonly #keys: Uint8Array[] = [];
  readonly #setOf: number[] = [];
  readonly #sets: (readonly [readonly number[], readonly number[]])[] = [];
  readonly #counts: number[] = [];
  readonly #newSets = new Map<readonly number[], number>();
  readonly #textSets = new Map<string, number>();

  get users(): number {
    return this.#keys.length;
  }

  /** `ids` must be the same array for the same set, as PassTags gives them. */
  entered(key: Uint8Array, ids: readonly number[]): void {
    let set = this.#newSets.get(ids);
    if (set === undefined) {
      set = this.#setNumber(ids, NONE);
      this.#newSets.set(ids, set);
    }
    this.#push(key, set);
  }

  changed(key: Uint8Array, entered: readonly number[], exited: readonly number[]): void {
    this.#push(key, this.#setNumber(entered, exited));
  }

  /** [tag id, entered, exited] by tag id. */
  tagCounts(): [number, number, number][] {
    const sums = new Map<number, [number, number, number]>();
    const sumOf = (id: number): [number, number, number] => {
      const known = sums.get(id);
      if (known !== undefined) return known;
      const fresh: [number, number, number] = [id, 0, 0];
      sums.set(id, fresh);
      return fresh;
    };
    this.#sets.forEach(([entered, exited], set) => {
      for (const id of entered) sumOf(id)[1] += this.#counts[set]!;
      for (const id of exited) sumOf(id)[2] += this.#counts[set]!;
    });
    return [...sums.values()].sort((a, b) => a[0] - b[0]);
  }

  encode(tags: readonly (readonly [number, number])[]): Buffer {
    const wide = this.#sets.length > 0xffff;
    const header: Header = { v: 1, tags, sets: this.#sets, count: this.#keys.length, wide };
    const json = Buffer.from(JSON.stringify(header), 'utf8');
    const count = this.#keys.length;
    const keyBytes = this.#keys.reduce((sum, key) => sum + key.length, 0);
    const block = Buffer.allocUnsafe(4 + json.length + count * (wide ? 6 : 4) + keyBytes);
    let at = block.writeUInt32LE(json.length, 0);
    at += json.copy(block, at);
    for (const key of this.#keys) at = block.writeUInt16LE(key.length, at);
    for (const set of this.#setOf) at = wide ? block.writeUInt32LE(set, at) : block.writeUInt16LE(set, at);
    for (const key of this.#keys) {
      block.set(key, at);
      at += key.length;
    }
    return deflateRawSync(block, { level: 1 });
  }

  #push(key: Uint8Array, set: number): void {
    this.#keys.push(key);
    this.#setOf.push(set);
    this.#counts[set]! += 1;
  }

  #setNumber(entered: readonly number[], exited: readonly number[]): number {
    const text = `${entered.join(',')};${exited.join(',')}`;
    const known = this.#textSets.get(text);
    if (known !== undefined) return known;
    const set = this.#sets.push([entered, exited]) - 1;
    this.#counts.push(0);
    this.#textSets.set(text, set);
    return set;
  }
}

/** A block from plain values; users in the order given. */
export function encodeChanges(block: ChangeBlock): Buffer {
  const recorder = new ChangeRecorder();
  for (const user of block.users) recorder.changed(Buffer.from(user.userId, 'utf8'), user.entered, user.exited);
  return recorder.encode([...block.ruleVersions]);
}

/** Throws when the block is not one of ours. */
export function decodeChanges(compressed: Uint8Array): ChangeBlock {
  const block = inflateRawSync(compressed);
  const jsonLength = block.readUInt32LE(0);
  const header = JSON.parse(block.toString('utf8', 4, 4 + jsonLength)) as Header;
  if (header.v !== 1) throw new Error(`a change block of version ${String(header.v)} cannot be read`);
  const lengthsAt = 4 + jsonLength;
  const setsAt = lengthsAt + header.count * 2;
  let keyAt = setsAt + header.count * (header.wide ? 4 : 2);
  const users: UserChange[] = [];
  for (let index = 0; index < header.count; index += 1) {
    const length = block.readUInt16LE(lengthsAt + index * 2);
    const set = header.wide ? block.readUInt32LE(setsAt + index * 4) : block.readUInt16LE(setsAt + index * 2);
    const [entered, exited] = header.sets[set]!;
    users.push({ userId: block.toString('utf8', keyAt, keyAt + length), entered, exited });
    keyAt += length;
  }
  return { ruleVersions: new Map(header.tags), users };
}
