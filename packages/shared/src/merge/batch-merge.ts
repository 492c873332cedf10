/**
 * The merge of one batch, apart from any database: a sink tells it the rows
 * that the target holds, asks which of them to look at under a lock, and gets
 * the rows to write, the counts and the record of changes.
 */
import type { MergeBatch } from './batch.ts';
import { BatchKeys } from './batch-keys.ts';
import { ChangeRecorder } from './change-recorder.ts';
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

/** Rows that are read again under a lock, and written. */
export interface RowsUnderLock {
  key(row: number): Uint8Array;
  find(key: Uint8Array): number;
  merge(row: number, tagIds: string | null, tagDetails: string | null): void;
  readonly updates: readonly RowUpdate[];
}

export interface RowInsert {
  readonly row: number;
  readonly texts: TagSetTexts;
}

export class BatchMerge extends BatchKeys implements RowsUnderLock {
  readonly batch: MergeBatch;
  readonly updates: RowUpdate[] = [];
  readonly inserts: RowInsert[] = [];
  readonly #tags: PassTags;
  readonly #state: Uint8Array;
  readonly #conflicts: [string, string][] = [];
  readonly #changes = new ChangeRecorder();

  constructor(tags: PassTags, batch: MergeBatch) {
    super(batch);
    this.#tags = tags;
    this.batch = batch;
    this.#state = new Uint8Array(batch.count);
  }

  /** Whether `see` must be told which rows have MARK_TEXT in their details. */
  get readsMarks(): boolean {
    return this.#tags.countsUnknown;
  }

  /** A row that the target holds for a user of the batch, as read without a lock. */
  see(row: number, rawTagIds: string | null, marked = false): void {
    const found = this.#tags.compare(this.batch, row, rawTagIds, marked);
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
    this.#changes.changed(this.key(row), merged.entered, merged.exited, merged.exitedEntries, merged.marked);
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

  /** `last`: no batch of the shard follows. */
  counts(last: boolean): BatchCounts {
    return {
      ...(last ? { last: true } : {}),
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
}
