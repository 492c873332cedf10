/** An attempt that stops at a point, as one whose process was stopped there, until it is woken. */
export interface FrozenAttempt {
  /** Resolves when it has come to the point; rejects when it ended without. */
  readonly frozen: Promise<void>;
  wake(): void;
  /** `merged`, or the code of the error that it ended with. */
  readonly ended: Promise<string>;
}

/** Inside the transaction before anything is written, right before its commit, right after it. */
export type FreezePoint = 'begun' | 'written' | 'committed';

export interface Gate {
  readonly reached: Promise<void>;
  /** Called by who is to stop; resolves when opened. */
  pass(): Promise<void>;
  open(): void;
}

export function makeGate(): Gate {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    pass() {
      reached.resolve();
      return opened.promise;
    },
    open: () => opened.resolve(),
  };
}

export function frozenAttempt(reached: Promise<void>, wake: () => void, ended: Promise<string>): FrozenAttempt {
  const missed = ended.then((how) => Promise.reject(new Error(`the attempt ended (${how}) before it came to the point`)));
  const frozen = Promise.race([reached, missed]);
  // Ending later is as it must be, and nobody waits for this then.
  missed.catch(() => undefined);
  return { frozen, wake, ended };
}

export const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'merged',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
