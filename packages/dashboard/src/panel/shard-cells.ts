/** Shards as at most 64 cells; a cell stands for a range, and failed wins in it. Pure. */
import type { ShardState, ShardsRecord } from '@tagmill/shared/feed/views';

export const CELLS = 64;

export interface Cell {
  /** Number of its first shard, and how many it stands for. */
  readonly first: number;
  readonly count: number;
  readonly shards: Readonly<Record<ShardState, number>>;
  readonly state: ShardState;
}

const none = (): Record<ShardState, number> => ({ waiting: 0, running: 0, done: 0, failed: 0 });

export function shardCells(record: ShardsRecord): Cell[] {
  const { total, ranges } = record;
  const cells = Math.min(CELLS, total);
  const edges = Array.from({ length: cells + 1 }, (_, at) => Math.floor((at * total) / cells));
  const shards = Array.from({ length: cells }, none);
  for (const [first, length, state] of ranges) {
    const end = Math.min(total, first + length);
    let at = cells === 0 ? 0 : Math.min(cells - 1, Math.floor((first * cells) / total));
    while (at > 0 && edges[at]! > first) at -= 1;
    for (; at < cells && edges[at]! < end; at += 1) {
      const inside = Math.min(end, edges[at + 1]!) - Math.max(first, edges[at]!);
      if (inside > 0) shards[at]![state] += inside;
    }
  }
  return shards.map((counts, at) => ({ first: edges[at]!, count: edges[at + 1]! - edges[at]!, shards: counts, state: worst(counts) }));
}

function worst(counts: Readonly<Record<ShardState, number>>): ShardState {
  if (counts.failed > 0) return 'failed';
  if (counts.running > 0) return 'running';
  return counts.done > 0 && counts.waiting === 0 ? 'done' : counts.done > 0 ? 'running' : 'waiting';
}

export function shardTotals(record: ShardsRecord): Readonly<Record<ShardState, number>> {
  const totals = none();
  for (const [, length, state] of record.ranges) totals[state] += length;
  return totals;
}
