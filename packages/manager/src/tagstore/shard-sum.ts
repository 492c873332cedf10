/** What the batches of a shard that are done say together. Pure. */
import type { MergeResult } from '@tagmill/shared/job';
import { type BatchCounts, MergeTotals } from '@tagmill/shared/merge/counts';

/** A row of `batch_done`. */
export interface BatchDone {
  readonly batch: number;
  readonly pieceHash: string;
  /** JSON of BatchCounts. */
  readonly counts: string;
}

/**
 * The shard's result when it is whole: batches from 0 to one that says it is
 * the last, all of the expected piece (null: of any). Else null.
 */
export function shardSum(batches: readonly BatchDone[], scope: readonly number[], pieceHash: string | null): MergeResult | null {
  const totals = new MergeTotals(scope);
  let whole = false;
  for (const [index, { batch, pieceHash: hash, counts: json }] of [...batches].sort((a, b) => a.batch - b.batch).entries()) {
    if (batch !== index || whole || (pieceHash !== null && hash !== pieceHash)) return null;
    const counts = JSON.parse(json) as BatchCounts;
    totals.add(counts);
    whole = counts.last === true;
  }
  return whole ? totals.result(0, 0) : null;
}
