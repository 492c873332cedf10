/** The fenced merge into MySQL and MariaDB. */
import type { MysqlTarget } from '@tagmill/shared/database-url';
import { TagmillError } from '@tagmill/shared/errors';
import type { MergeCommand, MergeResult, PassJob } from '@tagmill/shared/job';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { type BatchCounts, MergeTotals } from '@tagmill/shared/merge/counts';
import { mergeJobOf, PassTags } from '@tagmill/shared/merge/pass-tags';
import { pause } from '@tagmill/shared/merge/pause';
import type { TagSink } from '@tagmill/shared/merge/sink';
import { failureKind, toDatabaseError } from '@tagmill/shared/sinks/mysql-errors';
import { type BatchPoint, type BatchWork, mergeBatch, RowsMoved } from './batch-tx.ts';
import { Fence } from './fence.ts';
import { Session } from './session.ts';
import { readTarget, type TargetTable } from './target.ts';

/** How long a batch is tried again while the database is away, locked or moving. */
const RETRY_FOR_MS = 60_000;
const BACKOFF_FIRST_MS = 50;
const BACKOFF_MOST_MS = 2_000;

export interface MysqlSinkOptions {
  readonly retryForMs?: number;
  /** False: never LOAD DATA LOCAL, even where the server takes it. */
  readonly bulk?: boolean;
  /** Called between the steps of every batch; for tests that need to act there. */
  readonly at?: (point: BatchPoint, shard: number) => Promise<void> | void;
}

/** A merge in progress: its connection may come and go, the rest stays. */
interface Attempt {
  readonly tags: PassTags;
  readonly fence: Fence;
  readonly command: MergeCommand;
  readonly dense: boolean;
  readonly signal: AbortSignal;
  session: Session | undefined;
}

export class MysqlTagSink implements TagSink {
  readonly #target: MysqlTarget;
  readonly #options: MysqlSinkOptions;
  readonly #idle: Session[] = [];
  #table: TargetTable | undefined;
  #closed = false;

  constructor(target: MysqlTarget, options: MysqlSinkOptions = {}) {
    this.#target = target;
    this.#options = options;
  }

  async merge(
    job: PassJob,
    command: MergeCommand,
    batches: AsyncIterable<MergeBatch> | Iterable<MergeBatch>,
    signal: AbortSignal,
  ): Promise<MergeResult> {
    const startedAt = performance.now();
    const totals = new MergeTotals(command.scope);
    const mergeJob = mergeJobOf(job);
    const attempt: Attempt = {
      tags: new PassTags(mergeJob, command.scope),
      fence: new Fence(job, command),
      command,
      dense: mergeJob.dense,
      signal,
      session: undefined,
    };
    try {
      let index = 0;
      for await (const batch of batches) {
        totals.add(await this.#persist(attempt, (session) => this.#mergeBatch(attempt, session, index, batch)));
        index += 1;
      }
      if (attempt.session !== undefined) this.#putBack(attempt.session);
    } catch (error) {
      attempt.session?.destroy();
      throw error;
    }
    return totals.result(0, performance.now() - startedAt);
  }

  async rollback(): Promise<MergeResult> {
    throw new TagmillError('INTERNAL', 'not there yet');
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const session of this.#idle.splice(0)) session.close();
  }

  async #mergeBatch(attempt: Attempt, session: Session, index: number, batch: MergeBatch): Promise<BatchCounts> {
    this.#table ??= await readTarget(session, this.#target);
    const work: BatchWork = {
      command: attempt.command,
      tags: attempt.tags,
      fence: attempt.fence,
      table: this.#table,
      dense: attempt.dense,
      bulk: session.bulk && this.#options.bulk !== false,
      signal: attempt.signal,
      at: async (point) => this.#options.at?.(point, attempt.command.shard),
    };
    return await mergeBatch(session, work, index, batch);
  }

  /** Does the work until it is done, fails for good, or the database was away for too long. */
  async #persist<T>(attempt: Attempt, work: (session: Session) => Promise<T>): Promise<T> {
    let deadline: number | undefined;
    for (let tries = 0; ; tries += 1) {
      attempt.signal.throwIfAborted();
      try {
        attempt.session ??= await this.#claimed(attempt.fence);
        return await work(attempt.session);
      } catch (error) {
        if (attempt.signal.aborted) throw attempt.signal.reason;
        await this.#recover(attempt, error);
        deadline ??= performance.now() + (this.#options.retryForMs ?? RETRY_FOR_MS);
        if (performance.now() > deadline) throw this.#gaveUp(error);
      }
      await pause(Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** tries) * (0.5 + Math.random() / 2), attempt.signal);
    }
  }

  /** Leaves nothing of the failed batch behind. Throws when trying again cannot help. */
  async #recover(attempt: Attempt, error: unknown): Promise<void> {
    const kind = error instanceof RowsMoved ? 'redo' : failureKind(error);
    const session = attempt.session;
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
    attempt.session = undefined;
    if (kind === 'fatal') throw toDatabaseError(error, this.#target);
  }

  async #claimed(fence: Fence): Promise<Session> {
    let session = this.#idle.pop();
    while (session?.gone === true) session = this.#idle.pop();
    session ??= await Session.open(this.#target);
    try {
      this.#table ??= await readTarget(session, this.#target);
      await fence.claim(session);
      return session;
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  #putBack(session: Session): void {
    if (this.#closed || session.gone) session.destroy();
    else this.#idle.push(session);
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
