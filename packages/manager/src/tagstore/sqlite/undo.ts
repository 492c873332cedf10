/** One change block undone, inside a transaction of the embedded tag store. */
import { failpoint } from '@tagmill/shared/failpoint';
import type { RollbackCommand } from '@tagmill/shared/job';
import { BlockUndo } from '@tagmill/shared/merge/block-undo';
import { decodeChangeColumns } from '@tagmill/shared/merge/changes';
import type { BatchCounts } from '@tagmill/shared/merge/counts';
import type { MergeJob } from '@tagmill/shared/merge/pass-tags';
import { undoMark, UndoTags } from '@tagmill/shared/merge/undo-tags';
import type { BatchLedger, Place } from './batch-ledger.ts';
import { asText, UPDATE_ROW } from './user-tags.ts';

/**
 * Undoes block number `index`, from 0, of the shard's changes in the job's
 * pass, or gives the counts of the attempt that did. Undefined: there are no
 * more. The pass that is undone is fenced too, so that no late attempt at it
 * adds a block behind this one.
 */
export function undoBlock(ledger: BatchLedger, job: MergeJob, command: RollbackCommand, index: number): BatchCounts | undefined {
  const place: Place = [job.runId, command.pass, command.shard];
  const undone: Place = [job.runId, job.pass, command.shard];
  failpoint('manager.undo.begun');
  ledger.claim(place, command);
  ledger.claim(undone, command);
  failpoint('manager.undo.fenced');
  const done = ledger.doneBefore(place, index);
  if (done !== undefined) return done;
  const found = ledger.changeBlock(undone, index);
  if (found === undefined) return undefined;
  const undo = new BlockUndo(new UndoTags(job, command.tags), decodeChangeColumns(found.block));
  const keys = undo.keyTexts();
  const select = ledger.prepare('SELECT user_id, tag_ids, tag_details FROM user_tags WHERE user_id = ?').raw();
  for (const row of undo.rows()) {
    const [userId, tagIds, details] = (select.get(keys[row]!) as [unknown, unknown, unknown] | undefined) ?? [];
    // Under a collation of the installation's own the row may be another user's.
    if (userId !== undefined && asText(userId) === keys[row]) undo.merge(row, asText(tagIds), asText(details));
  }
  const update = ledger.prepare(UPDATE_ROW);
  for (const { row, tagIds, tagDetails } of undo.updates) update.run(tagIds, tagDetails, keys[row]!);
  const counts = undo.counts(found.last);
  ledger.record(place, index, command, undoMark(job.pass), undo, counts);
  failpoint('manager.undo.written');
  return counts;
}
