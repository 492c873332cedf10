/** Gathers the changes of a batch; the form of the block is said in changes.ts. */
import { deflateRawSync } from 'node:zlib';
import { type ChangeBlock, type ChangeHeader, NO_ENTRY, NOT_KEPT, type OldEntry } from './changes.ts';
import type { MarkChange } from './row.ts';

/**
 * Distinct entries kept of a batch, characters: what people wrote there is
 * theirs, and must not make a block larger than a server's packet. An entry
 * beyond is not kept; a rollback then says so where it gives the tag back.
 */
const ENTRIES_CHARS = 2 * 1024 * 1024;

const NONE: readonly number[] = [];

/** Keys as bytes; sets shared by identity where the caller can. */
export class ChangeRecorder {
  readonly #keys: Uint8Array[] = [];
  readonly #setOf: number[] = [];
  readonly #sets: ChangeHeader['sets'][number][] = [];
  readonly #counts: number[] = [];
  readonly #newSets = new Map<readonly number[], number>();
  readonly #textSets = new Map<string, number>();
  readonly #entries = new Map<string, number>();
  #entriesChars = 0;
  #marks = false;

  get users(): number {
    return this.#keys.length;
  }

  /** `ids` must be the same array for the same set, as PassTags gives them. */
  entered(key: Uint8Array, ids: readonly number[]): void {
    let set = this.#newSets.get(ids);
    if (set === undefined) {
      set = this.#setNumber(ids, NONE, NONE);
      this.#newSets.set(ids, set);
    }
    this.#push(key, set);
  }

  changed(
    key: Uint8Array,
    entered: readonly number[],
    exited: readonly number[],
    exitedEntries: readonly OldEntry[],
    marked: readonly MarkChange[] = [],
  ): void {
    const entries = exited.length === 0 ? NONE : exited.map((_, at) => this.#entryNumber(exitedEntries[at]));
    this.#marks ||= marked.length > 0;
    this.#push(key, this.#setNumber(entered, exited, entries, marked));
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

  /** `tags`: [id, rule version] of the tags that could change. */
  encode(tags: readonly (readonly [number, number])[]): Buffer {
    const wide = this.#sets.length > 0xffff;
    const count = this.#keys.length;
    const header: ChangeHeader = { v: this.#marks ? 3 : 2, tags, sets: this.#sets, entries: [...this.#entries.keys()], count, wide };
    const json = Buffer.from(JSON.stringify(header), 'utf8');
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

  #entryNumber(entry: OldEntry): number {
    if (entry === null) return NO_ENTRY;
    if (entry === undefined) return NOT_KEPT;
    const known = this.#entries.get(entry);
    if (known !== undefined) return known;
    if (this.#entriesChars + entry.length > ENTRIES_CHARS) return NOT_KEPT;
    this.#entriesChars += entry.length;
    this.#entries.set(entry, this.#entries.size);
    return this.#entries.size - 1;
  }

  #setNumber(
    entered: readonly number[],
    exited: readonly number[],
    entries: readonly number[],
    marked: readonly MarkChange[] = [],
  ): number {
    const own = marked.length === 0 ? '' : JSON.stringify(marked);
    const text = `${entered.join(',')};${exited.join(',')};${entries.join(',')};${own}`;
    const known = this.#textSets.get(text);
    if (known !== undefined) return known;
    const set = this.#sets.push(marked.length === 0 ? [entered, exited, entries] : [entered, exited, entries, marked]) - 1;
    this.#counts.push(0);
    this.#textSets.set(text, set);
    return set;
  }
}

/** A block from plain values; users in the order given. */
export function encodeChanges(block: ChangeBlock): Buffer {
  const recorder = new ChangeRecorder();
  for (const { userId, entered, exited, exitedEntries, marked } of block.users)
    recorder.changed(Buffer.from(userId, 'utf8'), entered, exited, exitedEntries, marked);
  return recorder.encode([...block.ruleVersions]);
}
