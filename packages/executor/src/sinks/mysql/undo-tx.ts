/** One change block undone in one transaction, as a batch is merged in one: fence, rows under a lock, what is undone, the record of it. */
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import { BlockUndo } from '@tagmill/shared/merge/block-undo';
import { decodeChangeColumns } from '@tagmill/shared/merge/changes';
import type { BatchCounts } from '@tagmill/shared/merge/counts';
import type { UndoTags } from '@tagmill/shared/merge/undo-tags';
import { type BatchPoint, doneBefore, recordBatch, RowsMoved } from './batch-record.ts';
import type { Fence } from './fence.ts';
import { lockAndMerge } from './read.ts';
import type { Session } from './session.ts';
import type { TargetTable } from './target.ts';
import { updateChanged } from './write.ts';

export interface UndoWork {
  /** Of the rollback's own pass. */
  readonly fence: Fence;
  /** Of the pass that is undone. */
  readonly undone: Fence;
  readonly tags: UndoTags;
  readonly table: TargetTable;
  readonly bulk: boolean;
  readonly signal: AbortSignal;
  readonly at: (point: BatchPoint) => Promise<void>;
}

/**
 * The batches of the undone pass that changed something, in order. No attempt
 * at that pass can add one afterwards, so every attempt at the rollback gets
 * the same list. Throws FENCED.
 */
export async function changedBatches(session: Session, undone: Fence): Promise<number[]> {
  await undone.claim(session);
  const sql = 'SELECT batch FROM tagmill_changes WHERE run_id = ? AND pass = ? AND shard = ? ORDER BY batch';
  return (await session.rows(sql, undone.place)).map(([batch]) => Number(String(batch)));
}

/** Undoes the change block of one batch as batch `index` of the rollback; errors as in mergeBatch. */
export async function undoBatch(
  session: Session,
  work: UndoWork,
  { index, batch, last, mark }: { readonly index: number; readonly batch: number; readonly last: boolean; readonly mark: string },
): Promise<BatchCounts> {
  await session.write('START TRANSACTION');
  await work.fence.hold(session);
  failpoint('sink.undo.held');
  await work.at('begun');
  const done = await doneBefore(session, work.fence, index);
  if (done !== undefined) {
    await session.write('ROLLBACK');
    return done;
  }
  const sql = 'SELECT block FROM tagmill_changes WHERE run_id = ? AND pass = ? AND shard = ? AND batch = ?';
  const [row] = await session.rows(sql, [...work.undone.place, batch]);
  const block = row?.[0];
  if (block === undefined || block === null)
    throw new TagmillError('NOT_FOUND', `the record of what batch ${batch} changed is gone: it cannot be undone`);
  const undo = new BlockUndo(work.tags, decodeChangeColumns(block));
  failpoint('sink.undo.read');
  await work.at('read');
  await lockAndMerge(session, work.table, undo, undo.rows());
  failpoint('sink.undo.locked');
  await work.at('locked');
  if (!(await updateChanged(session, work.table, undo, work.bulk))) throw new RowsMoved('a row was not updated');
  failpoint('sink.undo.updated');
  const counts = undo.counts(last);
  await recordBatch(session, work.fence, index, mark, undo, counts);
  failpoint('sink.undo.written');
  await work.at('written');
  work.signal.throwIfAborted();
  await session.write('COMMIT');
  failpoint('sink.undo.committed');
  await work.at('committed');
  return counts;
}
