/**
 * The merge of one batch, apart from any database: a sink tells it the rows
 * that the target holds, asks which of them to look at under a lock, and gets
 * the rows to write, the counts and the record of changes.
 */
import type { MergeBatch } from './batch.ts';
import { ChangeRecorder } from './changes.ts';
import type { BatchCounts } from './counts.ts';
import type { PassTags, TagSetTexts } from './pass-tags.ts';
import { mergeRow } from './row.ts';

const ABSENT = 0;
const RIGHT = 1;
const LOOK = 2;
const UNREADABLE = 3;
const CONFLICT = 4;

export interface RowUpdate {
  readonly row: number;
  readonly tagIds: string;
  readonly tagDetails: string;
}

export interface RowInsert {
  readonly row: number;
  readonly texts: TagSetTexts;
}

export class BatchMerge {
  readonly batch: MergeBatch;
  readonly updates: RowUpdate[] = [];
  readonly inserts: RowInsert[] = [];
  readonly #tags: PassTags;
  readonly #state: Uint8Array;
  readonly #keys: Buffer;
  readonly #conflicts: [string, string][] = [];
  readonly #changes = new ChangeRecorder();
  #cursor = 0;

  constructor(tags: PassTags, batch: MergeBatch) {
    this.#tags = tags;
    this.batch = batch;
    this.#state = new Uint8Array(batch.count);
    this.#keys = Buffer.from(batch.keys.buffer, batch.keys.byteOffset, batch.keys.byteLength);
  }

  key(row: number): Uint8Array {
    return this.batch.keys.subarray(this.batch.offsets[row]!, this.batch.offsets[row + 1]!);
  }

  keyText(row: number): string {
    const { offsets } = this.batch;
    return this.#keys.toString('utf8', offsets[row]!, offsets[row + 1]!);
  }

  /** All keys as text. Decoded at once where they are ASCII, as most are: a fifth of the time. */
  keyTexts(): string[] {
    const { offsets, count } = this.batch;
    const all = this.#keys.toString('utf8', offsets[0], offsets[count]);
    if (all.length !== offsets[count]! - offsets[0]!) return Array.from({ length: count }, (_, row) => this.keyText(row));
    const texts: string[] = [];
    for (let row = 0; row < count; row += 1) texts.push(all.slice(offsets[row]! - offsets[0]!, offsets[row + 1]! - offsets[0]!));
    return texts;
  }

  /** The user's position in the batch, -1 when they are not in it. Cheapest when asked in the order of the keys. */
  find(key: Uint8Array): number {
    const last = this.batch.count - 1;
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

  /** A row that the target holds for a user of the batch, as read without a lock. */
  see(row: number, rawTagIds: string | null): void {
    const found = this.#tags.compare(this.batch, row, rawTagIds);
    this.#state[row] = found === 'right' ? RIGHT : found === 'look' ? LOOK : UNREADABLE;
  }

  /** Users whose row must be read again, with its details and under a lock, and given to `merge`. */
  rowsToLook(): number[] {
    return this.#rowsIn(LOOK);
  }

  /** Users without a row in the target. */
  rowsAbsent(): number[] {
    return this.#rowsIn(ABSENT);
  }

  isAbsent(row: number): boolean {
    return this.#state[row] === ABSENT;
  }

  /** Merges a row as it is now, under the lock. */
  merge(row: number, tagIds: string | null, tagDetails: string | null): void {
    const merged = mergeRow(tagIds, tagDetails, this.#tags.findings(this.batch, row));
    this.#state[row] = merged.kind === 'unreadable' ? UNREADABLE : RIGHT;
    if (merged.kind !== 'changed') return;
    this.updates.push({ row, tagIds: merged.tagIds, tagDetails: merged.tagDetails });
    this.#changes.changed(this.key(row), merged.entered, merged.exited);
  }

  /** Whether a user without a row needs one. */
  needsRow(row: number): boolean {
    return this.#tags.newRow(this.batch, row) !== undefined;
  }

  /** Plans the new row of a user without one, if any tag matched. */
  insert(row: number): void {
    const texts = this.#tags.newRow(this.batch, row);
    if (texts === undefined) return;
    this.inserts.push({ row, texts });
    this.#changes.entered(this.key(row), texts.ids);
  }

  /** The user and another one, byte for byte different, would meet on one row of the target: left alone. */
  conflict(row: number, other: string): void {
    if (this.#state[row] === CONFLICT) return;
    this.#state[row] = CONFLICT;
    this.#conflicts.push([this.keyText(row), other]);
  }

  counts(): BatchCounts {
    return {
      users: this.batch.count,
      inserted: this.inserts.length,
      updated: this.updates.length,
      unreadableRows: this.#rowsIn(UNREADABLE).length,
      conflicts: this.#conflicts,
      tags: this.#changes.tagCounts(),
    };
  }

  /** Users changed so far. */
  get changedUsers(): number {
    return this.#changes.users;
  }

  /** The record of what changed, users in no order. */
  changeBlock(): Buffer {
    return this.#changes.encode(this.#tags.tagIds.map((id, bit) => [id, this.#tags.ruleVersions[bit]!] as const));
  }

  #rowsIn(state: number): number[] {
    const rows: number[] = [];
    for (let row = 0; row < this.#state.length; row += 1) if (this.#state[row] === state) rows.push(row);
    return rows;
  }

  #search(key: Uint8Array): number {
    let low = 0;
    let high = this.batch.count - 1;
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
    this.#cursor = Math.min(low, this.batch.count - 1);
    return -1;
  }

  /** Order of the batch's key at `row` and the key given. */
  #compare(row: number, key: Uint8Array): number {
    const { keys, offsets } = this.batch;
    const from = offsets[row]!;
    const length = offsets[row + 1]! - from;
    const shared = Math.min(length, key.length);
    for (let at = 0; at < shared; at += 1) {
      const difference = keys[from + at]! - key[at]!;
      if (difference !== 0) return difference;
    }
    return length - key.length;
  }
}
