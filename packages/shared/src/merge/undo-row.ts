/** One row of `user_tags` with what a pass changed in it taken back. Pure. */
import type { ChangeSet } from './changes.ts';
import { changedRow, entryIn, isExcluded, parseDetails, type RowMerge } from './row.ts';
import { parseTagIds } from './tag-ids.ts';
import type { UndoTags } from './undo-tags.ts';
import { markIn, sameMark } from './unknown-mark.ts';

/**
 * A tag that was entered goes when it is still held with the entry that the
 * pass wrote; a tag that was exited comes back, with its old entry, when it is
 * not held and the user was not excluded from it since; what was counted of a tag that was kept is counted as before. `unchanged`: somebody else has changed all of it since.
 */
export function undoRow(tagIds: string | null, tagDetails: string | null, change: ChangeSet, tags: UndoTags): RowMerge {
  const ids = parseTagIds(tagIds);
  if (ids === undefined) return { kind: 'unreadable' };
  const held = new Set(ids);
  const missing = change.exited.filter((id) => !held.has(id));
  const leaving = change.entered.filter((id) => held.has(id));
  const marked = (change.marked ?? []).filter(({ tagId }) => held.has(tagId));
  if (missing.length + leaving.length + marked.length === 0) return { kind: 'unchanged' };
  const details = parseDetails(tagDetails);
  if (details === undefined) return { kind: 'unreadable' };
  const back = missing.filter((id) => !isExcluded(entryIn(details, id)));
  const gone = leaving.filter((id) => {
    const entry = entryIn(details, id);
    return entry !== undefined && tags.wrote(id, entry);
  });
  // What is counted now is only taken back where it is what the pass has counted.
  const marks = marked
    .filter(({ tagId, after }) => sameMark(markIn(entryIn(details, tagId)?.value), after))
    .map(({ tagId, before, after }) => ({ tagId, before: after, after: before }));
  if (back.length + gone.length + marks.length === 0) return { kind: 'unchanged' };
  for (const id of gone) held.delete(id);
  for (const id of back) held.add(id);
  return changedRow(held, details, back, (id) => oldEntry(id, change, tags), gone, marks);
}

function oldEntry(id: number, change: ChangeSet, tags: UndoTags): string | null {
  const entry = change.exitedEntries[change.exited.indexOf(id)];
  return entry === undefined ? tags.anew(id) : entry;
}
