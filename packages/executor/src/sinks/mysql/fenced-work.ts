/** Work on one shard, transaction by transaction, over connections that may come and go. */
import type { MysqlTarget } from '@tagmill/shared/database-url';
import { TagmillError } from '@tagmill/shared/errors';
import { pause } from '@tagmill/shared/merge/pause';
import { failureKind, toDatabaseError } from '@tagmill/shared/sinks/mysql-errors';
import { RowsMoved } from './batch-record.ts';
import type { Fence } from './fence.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import type { TargetTable } from './target.ts';

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MOST_MS = 2_000;

export class FencedWork {
  readonly #sessions: Sessions;
  readonly #target: MysqlTarget;
  readonly #fence: Fence;
  readonly #signal: AbortSignal;
  readonly #retryForMs: number;
  #session: Session | undefined;

  constructor(sessions: Sessions, target: MysqlTarget, fence: Fence, signal: AbortSignal, retryForMs: number) {
    this.#sessions = sessions;
    this.#target = target;
    this.#fence = fence;
    this.#signal = signal;
    this.#retryForMs = retryForMs;
  }

  /** Does all of `work` and gives its connection back, or ends that connection. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      if (this.#session !== undefined) this.#sessions.putBack(this.#session);
      return result;
    } catch (error) {
      this.#session?.destroy();
      throw error;
    }
  }

  /** Does one transaction until it is done, fails for good, or the database was away for too long. */
  async persist<T>(transaction: (session: Session, table: TargetTable) => Promise<T>): Promise<T> {
    let deadline: number | undefined;
    for (let tries = 0; ; tries += 1) {
      this.#signal.throwIfAborted();
      try {
        this.#session ??= await this.#claimed();
        return await transaction(this.#session, await this.#sessions.table(this.#session));
      } catch (error) {
        if (this.#signal.aborted) throw this.#signal.reason;
        await this.#recover(error);
        deadline ??= performance.now() + this.#retryForMs;
        if (performance.now() > deadline) throw this.#gaveUp(error);
      }
      await pause(Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** tries) * (0.5 + Math.random() / 2), this.#signal);
    }
  }

  async #claimed(): Promise<Session> {
    const session = await this.#sessions.take();
    try {
      await this.#sessions.table(session);
      await this.#fence.claim(session);
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  /** Leaves nothing of the failed transaction behind. Throws when trying again cannot help. */
  async #recover(error: unknown): Promise<void> {
    const kind = error instanceof RowsMoved ? 'redo' : failureKind(error);
    const session = this.#session;
    if (kind === 'redo' && session !== undefined && !session.gone) {
      try {
        await session.write('ROLLBACK');
        return;
      } catch (rollbackError) {
        if (failureKind(rollbackError) === 'fatal') throw toDatabaseError(rollbackError, this.#target);
      }
    }
    // What the server still holds of a lost connection is found by the next claim.
    session?.destroy();
    this.#session = undefined;
    if (kind === 'fatal') throw toDatabaseError(error, this.#target);
  }

  #gaveUp(error: unknown): TagmillError {
    if (error instanceof RowsMoved) {
      return new TagmillError(
        'DATABASE_UNAVAILABLE',
        'user_tags is changed by others faster than a batch can be merged; run again later',
        {},
        error,
      );
    }
    return toDatabaseError(error, this.#target);
  }
}
