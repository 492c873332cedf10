/** One batch, one transaction: fence, what is there, what differs, the record of it. */
import { failpoint } from '@tagmill/shared/failpoint';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { BatchMerge } from '@tagmill/shared/merge/batch-merge';
import type { BatchCounts } from '@tagmill/shared/merge/counts';
import type { PassTags } from '@tagmill/shared/merge/pass-tags';
import { type BatchPoint, doneBefore, recordBatch, RowsMoved } from './batch-record.ts';
import { findConflicts } from './conflicts.ts';
import type { Fence } from './fence.ts';
import { lockAndMerge, readHeld } from './read.ts';
import type { Session } from './session.ts';
import type { TargetTable } from './target.ts';
import { insertNew, updateChanged } from './write.ts';

export interface BatchWork {
  readonly pieceHash: string;
  readonly tags: PassTags;
  readonly fence: Fence;
  readonly table: TargetTable;
  /** Whether most rows between the first and the last key belong to the batch. */
  readonly dense: boolean;
  readonly bulk: boolean;
  readonly signal: AbortSignal;
  readonly at: (point: BatchPoint) => Promise<void>;
}

export interface BatchAt {
  /** Its number in the shard, from 0. */
  readonly index: number;
  readonly batch: MergeBatch;
  /** No batch of the shard follows. */
  readonly last: boolean;
}

/** Does the batch, or finds that it was done; rejects with the driver's error, RowsMoved or FENCED, nothing kept. */
export async function mergeBatch(session: Session, work: BatchWork, { index, batch, last }: BatchAt): Promise<BatchCounts> {
  await session.write('START TRANSACTION');
  await work.fence.hold(session);
  failpoint('sink.fence.held');
  await work.at('begun');
  const done = await doneBefore(session, work.fence, index);
  if (done !== undefined) {
    await session.write('ROLLBACK');
    return done;
  }
  const merge = new BatchMerge(work.tags, batch);
  const spaced = await readHeld(session, work.table, merge, work.dense);
  failpoint('sink.batch.read');
  await work.at('read');
  if (!(await lockAndMerge(session, work.table, merge, merge.rowsToLook()))) throw new RowsMoved('a row was deleted');
  failpoint('sink.batch.locked');
  await work.at('locked');
  await findConflicts(session, work.table, merge, spaced);
  for (const row of merge.rowsAbsent()) merge.insert(row);
  if (!(await insertNew(session, work.table, merge, work.bulk))) throw new RowsMoved('a row was inserted');
  failpoint('sink.batch.inserted');
  if (!(await updateChanged(session, work.table, merge, work.bulk))) throw new RowsMoved('a row was not updated');
  failpoint('sink.batch.updated');
  const counts = merge.counts(last);
  await recordBatch(session, work.fence, index, work.pieceHash, merge, counts);
  failpoint('sink.batch.written');
  await work.at('written');
  work.signal.throwIfAborted();
  await session.write('COMMIT');
  failpoint('sink.batch.committed');
  await work.at('committed');
  return counts;
}
