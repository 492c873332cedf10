import type { MergeResult } from '../job.ts';

/** What one batch did; stands as JSON in the sink's `batch_done`, so that it can be told again. */
export interface BatchCounts {
  /** No batch of the shard follows: with all before it there, the shard is whole. */
  readonly last?: true;
  readonly users: number;
  readonly inserted: number;
  readonly updated: number;
  readonly unreadableRows: number;
  readonly conflicts: readonly (readonly [string, string])[];
  /** [tag id, entered, exited], only tags with changes. */
  readonly tags: readonly (readonly [number, number, number])[];
}

/** Sums the batches of one shard up to what the merge answers. */
export class MergeTotals {
  #inserted = 0;
  #updated = 0;
  #unchanged = 0;
  #unreadable = 0;
  readonly #conflicts: (readonly [string, string])[] = [];
  readonly #tags = new Map<number, [number, number]>();

  constructor(scope: readonly number[]) {
    for (const id of [...scope].sort((a, b) => a - b)) this.#tags.set(id, [0, 0]);
  }

  add(counts: BatchCounts): void {
    this.#inserted += counts.inserted;
    this.#updated += counts.updated;
    this.#unreadable += counts.unreadableRows;
    this.#conflicts.push(...counts.conflicts);
    this.#unchanged += counts.users - counts.inserted - counts.updated - counts.unreadableRows - counts.conflicts.length;
    for (const [id, entered, exited] of counts.tags) {
      const sums = this.#tags.get(id) ?? [0, 0];
      this.#tags.set(id, [sums[0] + entered, sums[1] + exited]);
    }
  }

  result(bytesRead: number, durationMs: number): MergeResult {
    return {
      inserted: this.#inserted,
      updated: this.#updated,
      unchanged: this.#unchanged,
      tags: [...this.#tags].map(([tagId, [entered, exited]]) => ({ tagId, entered, exited })),
      conflicts: this.#conflicts,
      unreadableRows: this.#unreadable,
      bytesRead,
      durationMs,
    };
  }
}
