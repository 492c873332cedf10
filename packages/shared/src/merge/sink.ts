import type { MergeCommand, MergeResult, PassJob, RollbackCommand } from '../job.ts';
import type { MergeBatch } from './batch.ts';

/**
 * Where tags are merged to. Every implementation passes one contract suite
 * (testkit: contracts/sink-contract.ts).
 */
export interface TagSink {
  /**
   * Merges one shard, batch by batch, each batch in one transaction, once for
   * ever: a batch that an earlier attempt committed is counted and not applied
   * again. Batches come sorted by the bytes of the key and cut the same way in
   * every attempt. The record of the last one says that it is: so a batch is
   * merged only once the next is there, or none is.
   *
   * Throws FENCED when a higher (term, token) holds the shard,
   * DATABASE_UNAVAILABLE after about a minute without the database,
   * DATABASE_DENIED, DATABASE_SCHEMA, DISK_FULL; and the signal's reason when
   * it is aborted: what was committed until then stays.
   */
  merge(
    job: PassJob,
    command: MergeCommand,
    batches: AsyncIterable<MergeBatch> | Iterable<MergeBatch>,
    signal: AbortSignal,
  ): Promise<MergeResult>;
  /**
   * Undoes what the pass `job.pass` changed in one shard for some tags, through
   * its change blocks: one transaction for each, under the fence of the
   * rollback's own pass (`command.pass`), once for ever.
   *
   * A tag that the pass gave is taken away again where the user still holds it
   * with the very entry that the pass wrote; a tag that it took away is given
   * back, with the entry that it had, where the user does not hold it now. What
   * was changed since, by hand or by another run, is left alone. The undo is
   * recorded as a change of the rollback's pass. No row is made: a user whose
   * row is gone is left alone.
   *
   * Resolves to: `updated` rows restored, `unchanged` users left alone because
   * they changed since, `tags` what the undo entered and exited. Errors as in
   * merge.
   */
  rollback(job: PassJob, command: RollbackCommand, signal: AbortSignal): Promise<MergeResult>;
  close(): Promise<void>;
}
