/** What the sink says of a shard whose attempt was lost: is it in `user_tags`, and can it still come? */
import type { MergeResult } from '@tagmill/shared/job';

export interface SettleRequest {
  readonly runId: string;
  readonly pass: number;
  readonly shards: readonly number[];
  /** The fence that the shards are put under: higher than that of every attempt that was leased. */
  readonly term: number;
  readonly token: number;
  /** Tags that the result counts. */
  readonly scope: readonly number[];
  /** By position in `shards`: only batches of this piece count. Null: any piece does. */
  readonly pieceHashes: readonly string[] | null;
}

export interface ShardLedger {
  /**
   * For every shard, by position: raises its fence, ends an older attempt that
   * holds it, and only then reads what was merged. A result: the shard is
   * wholly in `user_tags`, with exactly these counts. Null: it is not, and no
   * older attempt can commit another batch of it. Settling again, or under a
   * lower token, changes nothing.
   *
   * Rejects with DATABASE_UNAVAILABLE, DATABASE_DENIED, DATABASE_SCHEMA,
   * DISK_FULL; nothing is known then, and the caller asks again.
   */
  settle(request: SettleRequest): Promise<readonly (MergeResult | null)[]>;
}
