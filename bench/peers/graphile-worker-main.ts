/** One worker process of graphile-worker: `graphile-worker-main.ts CONNECTION_STRING`. */
import { importPackage } from './npm-package.ts';
import { tellDone } from './tell-done.ts';

/** From its page on performance: jobs fetched and completed in batches. */
const TUNING = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 2_000 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
};

interface GraphileWorker {
  readonly run: (options: {
    readonly connectionString: string;
    readonly noHandleSignals: boolean;
    readonly logger: unknown;
    readonly taskList: Readonly<Record<string, () => Promise<void>>>;
    readonly preset: { readonly worker: typeof TUNING };
  }) => Promise<{ stop(): Promise<void> }>;
  readonly Logger: new (factory: () => () => void) => unknown;
}

const [, , connectionString = ''] = process.argv;
const { run, Logger } = await importPackage<GraphileWorker>('graphile-worker');
let done = 0;
const runner = await run({
  connectionString,
  noHandleSignals: true,
  logger: new Logger(() => () => undefined),
  taskList: {
    noop: () => {
      done += 1;
      return Promise.resolve();
    },
  },
  preset: { worker: TUNING },
});
process.once('SIGTERM', () => {
  runner.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
tellDone(() => done);
process.send?.({ ready: true });
