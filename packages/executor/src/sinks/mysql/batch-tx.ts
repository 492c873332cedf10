/** One batch, one transaction: fence, what is there, what differs, the record of it. */
import { failpoint } from '@tagmill/shared/failpoint';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { BatchMerge } from '@tagmill/shared/merge/batch-merge';
import type { BatchCounts } from '@tagmill/shared/merge/counts';
import type { PassTags } from '@tagmill/shared/merge/pass-tags';
import type { MergeCommand } from '@tagmill/shared/job';
import { findConflicts } from './conflicts.ts';
import type { Fence } from './fence.ts';
import { lockAndMerge, readHeld } from './read.ts';
import type { Session } from './session.ts';
import type { TargetTable } from './target.ts';
import { insertNew, updateChanged } from './write.ts';

/** A row came or went between read and write: roll back and do the batch again. */
export class RowsMoved extends Error {
  override readonly name = 'RowsMoved';
}

/** Where tests step in between the statements of a batch. */
export type BatchPoint = 'begun' | 'read' | 'locked' | 'written' | 'committed';

export interface BatchWork {
  readonly command: MergeCommand;
  readonly tags: PassTags;
  readonly fence: Fence;
  readonly table: TargetTable;
  /** Whether most rows between the first and the last key belong to the batch. */
  readonly dense: boolean;
  readonly bulk: boolean;
  readonly signal: AbortSignal;
  readonly at: (point: BatchPoint) => Promise<void>;
}

/** Does the batch, or finds that it was done; rejects with the driver's error, RowsMoved or FENCED, nothing kept. */
export async function mergeBatch(session: Session, work: BatchWork, index: number, batch: MergeBatch): Promise<BatchCounts> {
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
  const counts = merge.counts();
  await record(session, work, index, merge, counts);
  failpoint('sink.batch.written');
  await work.at('written');
  work.signal.throwIfAborted();
  await session.write('COMMIT');
  failpoint('sink.batch.committed');
  await work.at('committed');
  return counts;
}

async function doneBefore(session: Session, fence: Fence, index: number): Promise<BatchCounts | undefined> {
  const sql = 'SELECT counts FROM tagmill_batch_done WHERE run_id = ? AND pass = ? AND shard = ? AND batch = ?';
  const [row] = await session.rows(sql, [...fence.place, index]);
  return row === undefined ? undefined : (JSON.parse(String(row[0])) as BatchCounts);
}

async function record(session: Session, work: BatchWork, index: number, merge: BatchMerge, counts: BatchCounts): Promise<void> {
  const { term, token, pieceHash } = work.command;
  if (merge.changedUsers > 0) {
    const range = [Buffer.from(merge.key(0)), Buffer.from(merge.key(merge.batch.count - 1))].map((key) => key.subarray(0, 1024));
    await session.write(
      'INSERT INTO tagmill_changes (run_id, pass, shard, batch, users, first_user, last_user, block) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [...work.fence.place, index, merge.changedUsers, range[0]!, range[1]!, merge.changeBlock()],
    );
  }
  await session.write(
    'INSERT INTO tagmill_batch_done (run_id, pass, shard, batch, term, token, piece_hash, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    [...work.fence.place, index, term, token, pieceHash, JSON.stringify(counts)],
  );
}
