/** Shards settled inside a transaction of the embedded tag store, whose write lock no older attempt can hold meanwhile. */
import type { MergeResult } from '@tagmill/shared/job';
import type { SettleRequest } from '../ledger.ts';
import { shardSum } from '../shard-sum.ts';
import type { BatchLedger, Place } from './batch-ledger.ts';

export function settleShards(ledger: BatchLedger, request: SettleRequest): (MergeResult | null)[] {
  const { runId, pass, scope, pieceHashes } = request;
  return request.shards.map((shard, at) => {
    const place: Place = [runId, pass, shard];
    ledger.raise(place, request);
    return shardSum(ledger.done(place), scope, pieceHashes?.[at] ?? null);
  });
}
