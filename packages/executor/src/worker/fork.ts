/** Starts worker processes; one may be started before its pool is there. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { WORKER_FLAGS } from './collector.ts';

/** Tells a worker to load at once what tasks over tables need. */
export const PRELOAD = 'preload';

const MAIN = fileURLToPath(new URL('./worker-main.ts', import.meta.url));
let spare: ChildProcess | undefined;

/** A new worker, or the spare one. */
export function forkWorker(): ChildProcess {
  const process = takeSpare() ?? start([]);
  process.removeAllListeners('error');
  return process;
}

/** Starts a worker ahead of its pool: it loads while the manager is still coming up. */
export function forkSpare(): void {
  spare ??= start([PRELOAD]);
  // A spare that cannot be started is none: its pool will start another and say why that fails.
  spare.once('error', () => {
    spare = undefined;
  });
}

/** Ends the spare worker when no pool took it. */
export function endSpare(): void {
  takeSpare()?.kill('SIGKILL');
}

function takeSpare(): ChildProcess | undefined {
  const taken = spare;
  spare = undefined;
  return taken?.connected === true ? taken : undefined;
}

const start = (args: readonly string[]): ChildProcess =>
  fork(MAIN, args, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, ...WORKER_FLAGS],
  });
