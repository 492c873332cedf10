/** What a command tells an executor process that it started. */
export interface ToChild {
  /** `host:port` of the manager's gRPC. */
  readonly manager: string;
}

/**
 * Written in place of the manager's address by a command that starts executors
 * before its manager listens. The folder above `--cache-dir` is then the
 * command's own, and goes with it.
 */
export const GIVEN_BY_PARENT = 'given-by-parent:0';
