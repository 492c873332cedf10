/** Thread of an attempt at the embedded tag store that can stop inside its transaction: the store is synchronous, so only a thread can stand still. */
import { parentPort, workerData } from 'node:worker_threads';
import type { MergeCommand } from '@tagmill/shared/job';
import { markLast } from '@tagmill/shared/merge/ahead';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { type MergeJob, PassTags } from '@tagmill/shared/merge/pass-tags';

export interface FrozenOrder {
  readonly path: string;
  readonly job: MergeJob;
  readonly command: MergeCommand;
  readonly batches: readonly MergeBatch[];
  /** Stops when it comes to this failpoint for the `time`-th time, from 1. */
  readonly failpoint: string;
  readonly time: number;
  /** Set to 1 and notified to wake it. */
  readonly gate: Int32Array<SharedArrayBuffer>;
}

const order = workerData as FrozenOrder;
let times = 0;
// FAILPOINT_HOOK, put there before its module is loaded, which looks for it once.
Object.assign(globalThis, {
  [Symbol.for('tagmill.failpoints')]: (name: string): void => {
    if (name !== order.failpoint) return;
    times += 1;
    if (times !== order.time) return;
    parentPort!.postMessage('frozen');
    Atomics.wait(order.gate, 0, 0);
  },
});

const { SqliteTagStore } = await import('@tagmill/manager/tagstore/sqlite/store');
try {
  const store = new SqliteTagStore(order.path);
  const tags = new PassTags(order.job, order.command.scope);
  let index = 0;
  for (const { item: batch, last } of markLast(order.batches)) {
    store.mergeBatch(order.job, tags, order.command, { index, batch, last });
    index += 1;
  }
  store.close();
  parentPort!.postMessage('merged');
} catch (error) {
  parentPort!.postMessage(error instanceof Error && 'code' in error ? error.code : String(error));
}
