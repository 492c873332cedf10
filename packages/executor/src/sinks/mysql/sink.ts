/** The fenced merge into MySQL and MariaDB, and the rollback of one. */
import type { MysqlTarget } from '@tagmill/shared/database-url';
import type { MergeCommand, MergeResult, PassJob, RollbackCommand } from '@tagmill/shared/job';
import { markLast, withLast } from '@tagmill/shared/merge/ahead';
import type { MergeBatch } from '@tagmill/shared/merge/batch';
import { MergeTotals } from '@tagmill/shared/merge/counts';
import { mergeJobOf, PassTags } from '@tagmill/shared/merge/pass-tags';
import type { TagSink } from '@tagmill/shared/merge/sink';
import { undoMark, UndoTags } from '@tagmill/shared/merge/undo-tags';
import type { BatchPoint } from './batch-record.ts';
import { type BatchWork, mergeBatch } from './batch-tx.ts';
import { Fence } from './fence.ts';
import { FencedWork } from './fenced-work.ts';
import type { Session } from './session.ts';
import { Sessions } from './sessions.ts';
import { changedBatches, undoBatch, type UndoWork } from './undo-tx.ts';

/** How long a batch is tried again while the database is away, locked or moving. */
const RETRY_FOR_MS = 60_000;

export interface MysqlSinkOptions {
  readonly retryForMs?: number;
  /** False: never LOAD DATA LOCAL, even where the server takes it. */
  readonly bulk?: boolean;
  /** Called between the steps of every batch; for tests that need to act there. */
  readonly at?: (point: BatchPoint, shard: number) => Promise<void> | void;
}

export class MysqlTagSink implements TagSink {
  readonly #target: MysqlTarget;
  readonly #options: MysqlSinkOptions;
  readonly #sessions: Sessions;

  constructor(target: MysqlTarget, options: MysqlSinkOptions = {}) {
    this.#target = target;
    this.#options = options;
    this.#sessions = new Sessions(target);
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
    const fence = new Fence([job.runId, job.pass, command.shard], command);
    const shard = {
      pieceHash: command.pieceHash,
      tags: new PassTags(mergeJob, command.scope),
      fence,
      dense: mergeJob.dense,
      signal,
      at: this.#at(command.shard),
    };
    const attempt = this.#attempt(fence, signal);
    return await attempt.during(async () => {
      let index = 0;
      for await (const { item: batch, last } of withLast(batches)) {
        const place = { index, batch, last };
        totals.add(
          await attempt.persist((session, table) => {
            const work: BatchWork = { ...shard, table, bulk: this.#bulk(session) };
            return mergeBatch(session, work, place);
          }),
        );
        index += 1;
      }
      return totals.result(0, performance.now() - startedAt);
    });
  }

  async rollback(job: PassJob, command: RollbackCommand, signal: AbortSignal): Promise<MergeResult> {
    const startedAt = performance.now();
    const totals = new MergeTotals(command.tags);
    const fence = new Fence([job.runId, command.pass, command.shard], command);
    const undone = new Fence([job.runId, job.pass, command.shard], command);
    const shard = { fence, undone, tags: new UndoTags(mergeJobOf(job), command.tags), signal, at: this.#at(command.shard) };
    const attempt = this.#attempt(fence, signal);
    return await attempt.during(async () => {
      const found = await attempt.persist((session) => changedBatches(session, undone));
      let index = 0;
      for (const { item: batch, last } of markLast(found)) {
        const place = { index, batch, last, mark: undoMark(job.pass) };
        totals.add(
          await attempt.persist((session, table) => {
            const work: UndoWork = { ...shard, table, bulk: this.#bulk(session) };
            return undoBatch(session, work, place);
          }),
        );
        index += 1;
      }
      return totals.result(0, performance.now() - startedAt);
    });
  }

  async close(): Promise<void> {
    this.#sessions.close();
  }

  #attempt(fence: Fence, signal: AbortSignal): FencedWork {
    return new FencedWork(this.#sessions, this.#target, fence, signal, this.#options.retryForMs ?? RETRY_FOR_MS);
  }

  #bulk(session: Session): boolean {
    return session.bulk && this.#options.bulk !== false;
  }

  #at(shard: number): (point: BatchPoint) => Promise<void> {
    return async (point) => this.#options.at?.(point, shard);
  }
}
