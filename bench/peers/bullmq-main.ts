/** One worker process of BullMQ: `bullmq-main.ts SOCKET`. */
import { importPackage } from './npm-package.ts';
import { tellDone } from './tell-done.ts';

/** Jobs of one process at a time; more brought nothing. Those that are done are not kept: that is faster than keeping them. */
const CONCURRENCY = 25;

interface Worker {
  on(event: 'completed' | 'error', listener: (what: unknown) => void): void;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
}
interface BullMq {
  readonly Worker: new (
    name: string,
    handler: () => Promise<void>,
    options: {
      connection: { path: string; maxRetriesPerRequest: null };
      concurrency: number;
      removeOnComplete: { count: number };
    },
  ) => Worker;
}

const [, , path = ''] = process.argv;
const { Worker } = await importPackage<BullMq>('bullmq');
let done = 0;
const worker = new Worker('bench', () => Promise.resolve(), {
  connection: { path, maxRetriesPerRequest: null },
  concurrency: CONCURRENCY,
  removeOnComplete: { count: 0 },
});
// Said after Redis has answered that the job is finished.
worker.on('completed', () => {
  done += 1;
});
worker.on('error', (error) => process.stderr.write(`${String(error)}\n`));
await worker.waitUntilReady();
process.once('SIGTERM', () => {
  worker.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
tellDone(() => done);
process.send?.({ ready: true });
