/**
 * The undoing of one change block, apart from any database: a sink gives it the
 * rows as they are now, under a lock, and gets the rows to write, the counts and
 * the record of the undo.
 */
import { BatchKeys, type KeyColumn } from './batch-keys.ts';
import type { RowsUnderLock, RowUpdate } from './batch-merge.ts';
import { ChangeRecorder } from './change-recorder.ts';
import type { ChangeColumns, ChangeSet } from './changes.ts';
import type { BatchCounts } from './counts.ts';
import { undoRow } from './undo-row.ts';
import type { UndoTags } from './undo-tags.ts';

export class BlockUndo extends BatchKeys implements RowsUnderLock {
  readonly updates: RowUpdate[] = [];
  readonly #tags: UndoTags;
  readonly #changeOf: readonly ChangeSet[];
  readonly #record = new ChangeRecorder();
  #unreadable = 0;

  /** Holds the users of the block for whom there is something to undo, by the bytes of their keys. */
  constructor(tags: UndoTags, block: ChangeColumns) {
    const { column, changeOf } = usersToUndo(tags, block);
    super(column);
    this.#tags = tags;
    this.#changeOf = changeOf;
  }

  /** All rows: each must be read under a lock and given to `merge`; one that is not there is left alone. */
  rows(): number[] {
    return Array.from({ length: this.count }, (_, row) => row);
  }

  merge(row: number, tagIds: string | null, tagDetails: string | null): void {
    const undone = undoRow(tagIds, tagDetails, this.#changeOf[row]!, this.#tags);
    if (undone.kind === 'unreadable') this.#unreadable += 1;
    if (undone.kind !== 'changed') return;
    this.updates.push({ row, tagIds: undone.tagIds, tagDetails: undone.tagDetails });
    this.#record.changed(this.key(row), undone.entered, undone.exited, undone.exitedEntries, undone.marked);
  }

  /** `last`: no block of the shard follows. */
  counts(last: boolean): BatchCounts {
    return {
      ...(last ? { last: true } : {}),
      users: this.count,
      inserted: 0,
      updated: this.updates.length,
      unreadableRows: this.#unreadable,
      conflicts: [],
      tags: this.#record.tagCounts(),
    };
  }

  get changedUsers(): number {
    return this.#record.users;
  }

  /** The record of the undo, users in no order. */
  changeBlock(): Buffer {
    return this.#record.encode(this.#tags.versions);
  }
}

function usersToUndo(tags: UndoTags, block: ChangeColumns): { column: KeyColumn; changeOf: ChangeSet[] } {
  const sets = block.sets.map((set) => tags.within(set));
  const users: { key: Uint8Array; change: ChangeSet }[] = [];
  for (let row = 0; row < block.count; row += 1) {
    const change = sets[block.setOf[row]!];
    if (change !== undefined) users.push({ key: block.keys.subarray(block.offsets[row], block.offsets[row + 1]), change });
  }
  users.sort((a, b) => Buffer.compare(a.key, b.key));
  const offsets = new Uint32Array(users.length + 1);
  users.forEach(({ key }, row) => {
    offsets[row + 1] = offsets[row]! + key.length;
  });
  const column = { count: users.length, keys: Buffer.concat(users.map(({ key }) => key)), offsets };
  return { column, changeOf: users.map(({ change }) => change) };
}
