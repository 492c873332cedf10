import type { MergeCommand, MergeResult, PassJob } from '../job.ts';
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
   * every attempt.
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
  close(): Promise<void>;
}
