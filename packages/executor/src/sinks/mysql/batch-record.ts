/** What stands of a batch beside its rows, in the same transaction: that it is done, and what it changed. */
import type { BatchCounts } from '@tagmill/shared/merge/counts';
import type { Fence } from './fence.ts';
import type { Session } from './session.ts';

/** A row came or went between read and write: roll back and do the batch again. */
export class RowsMoved extends Error {
  override readonly name = 'RowsMoved';
}

/** Where tests step in between the statements of a batch. */
export type BatchPoint = 'begun' | 'read' | 'locked' | 'written' | 'committed';

/** A batch that was merged or undone. */
export interface BatchOutcome {
  readonly count: number;
  readonly changedUsers: number;
  key(row: number): Uint8Array;
  changeBlock(): Buffer;
}

/** The counts of the attempt that committed the batch before, if one did. */
export async function doneBefore(session: Session, fence: Fence, index: number): Promise<BatchCounts | undefined> {
  const sql = 'SELECT counts FROM tagmill_batch_done WHERE run_id = ? AND pass = ? AND shard = ? AND batch = ?';
  const [row] = await session.rows(sql, [...fence.place, index]);
  return row === undefined ? undefined : (JSON.parse(String(row[0])) as BatchCounts);
}

export async function recordBatch(
  session: Session,
  fence: Fence,
  index: number,
  pieceHash: string,
  batch: BatchOutcome,
  counts: BatchCounts,
): Promise<void> {
  if (batch.changedUsers > 0) {
    const range = [batch.key(0), batch.key(batch.count - 1)].map((key) => Buffer.from(key).subarray(0, 1024));
    await session.write(
      'INSERT INTO tagmill_changes (run_id, pass, shard, batch, users, first_user, last_user, block) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      [...fence.place, index, batch.changedUsers, range[0]!, range[1]!, batch.changeBlock()],
    );
  }
  await session.write(
    'INSERT INTO tagmill_batch_done (run_id, pass, shard, batch, term, token, piece_hash, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    [...fence.place, index, fence.term, fence.token, pieceHash, JSON.stringify(counts)],
  );
}
