/**
 * The end of a command: signals, the death of the process that started it, and
 * what must be cleaned up whatever happens.
 */

/** npm, the launcher and the terminal each hand on one and the same Ctrl-C; what comes so close is one. */
const SAME_SIGNAL_MS = 300;

const cleanups = new Set<() => void>();
let installed = false;

/** Runs `clean` when the process ends, however it ends but by SIGKILL. It must be synchronous. Gives a function that takes it back. */
export function onExit(clean: () => void): () => void {
  if (!installed) {
    installed = true;
    process.on('exit', () => {
      for (const one of [...cleanups].reverse()) one();
    });
  }
  cleanups.add(clean);
  return () => cleanups.delete(clean);
}

export interface StopHandlers {
  /** First request to stop: end in order. */
  readonly first: (signal: NodeJS.Signals) => void;
  /** The starter is gone; absent: end at once. */
  readonly orphaned?: () => void;
  /** Started by another of our processes, which gets Ctrl-C itself and tells us. */
  readonly ignoreInterrupt?: boolean;
}

/** Listens for requests to stop; a second one ends the process at once. Gives a function that stops listening. */
export function onStop(handlers: StopHandlers): () => void {
  let firstAtMs: number | undefined;
  const take = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && handlers.ignoreInterrupt === true) return;
    const now = performance.now();
    if (firstAtMs === undefined) {
      firstAtMs = now;
      handlers.first(signal);
    } else if (now - firstAtMs > SAME_SIGNAL_MS) {
      process.exit(signal === 'SIGINT' ? 130 : 143);
    }
  };
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, take);
  const orphaned = handlers.orphaned ?? (() => process.exit(143));
  const hasStarter = process.channel !== undefined && process.channel !== null;
  if (hasStarter) {
    process.on('disconnect', orphaned);
    // Listening alone must not keep the process alive.
    process.channel?.unref();
  }
  return () => {
    for (const signal of signals) process.off(signal, take);
    if (hasStarter) process.off('disconnect', orphaned);
  };
}
