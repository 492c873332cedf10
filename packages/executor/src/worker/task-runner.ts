/** Carries out plan, evaluate and merge with this process's engine and sink, opened when first needed. */
import { parseDatabaseUrl } from '@tagmill/shared/database-url';
import { TagmillError } from '@tagmill/shared/errors';
import { failpoint } from '@tagmill/shared/failpoint';
import type { EvaluateResult, MergeCommand, MergeResult, PassJob, RollbackCommand, TablesLocation } from '@tagmill/shared/job';
import type { TagSink } from '@tagmill/shared/merge/sink';
import type { Letters, LettersJob, Move, PreviewCounts, PreviewJob } from '@tagmill/shared/question';
import type { Evaluator } from '../engine/evaluator.ts';
import { type Piece, readPiece } from '../engine/piece.ts';
import { mergeBatches } from './merge-batches.ts';
import type { FromWorker, ToWorker, WorkerResult, WorkerSetup, WorkerTask } from './messages.ts';
import { RowsSink } from './rows-sink.ts';

export class TaskRunner {
  readonly jobs = new Map<string, PassJob>();
  private readonly setup: WorkerSetup;
  private readonly tempDir: string;
  private readonly post: (message: FromWorker) => void;
  private evaluator: { readonly key: string; readonly opened: Promise<Evaluator> } | undefined;
  private sink: Promise<TagSink> | undefined;
  private readonly rowsSinks = new Map<number, RowsSink>();
  /** A worker has one task at a time. */
  private current = 0;

  constructor(setup: WorkerSetup, tempDir: string, post: (message: FromWorker) => void) {
    this.setup = setup;
    this.tempDir = tempDir;
    this.post = post;
  }

  answered(message: Extract<ToWorker, { type: 'rows-merged' }>): void {
    this.rowsSinks.get(message.id)?.answered(message);
  }

  async run(id: number, task: WorkerTask, signal: AbortSignal): Promise<WorkerResult> {
    this.current = id;
    switch (task.kind) {
      case 'plan': {
        const { planTables } = await import('../engine/plan-tables.ts');
        return planTables(await this.open(task.request.tables), task.request, signal);
      }
      case 'evaluate':
        return this.evaluate(this.job(task.jobName), task.shard, signal);
      case 'merge':
        return this.merge(id, this.job(task.jobName), task.command, signal);
      case 'rollback':
        return this.rollback(id, this.job(task.jobName), task.command, signal);
      case 'noop':
        return null;
      case 'fields': {
        const { lookAtFields } = await import('../questions/field-looks.ts');
        return lookAtFields(await this.open(task.job.location), task.job, signal);
      }
      case 'user': {
        const { readUser } = await import('../questions/user-rows.ts');
        return readUser(await this.open(task.job.location), task.job, task.user, signal);
      }
      case 'letters':
        return this.letters(task.jobName, task.user, signal);
      case 'preview':
        return this.preview(task.jobName, task.shard, task.enough ?? [], signal);
    }
  }

  private async letters(jobName: string, user: string, signal: AbortSignal): Promise<Letters> {
    const { lettersOf } = await import('../questions/letters.ts');
    const job = this.job(jobName) as unknown as LettersJob;
    return lettersOf(await this.open(job.pass.location), job, user, signal);
  }

  private async preview(jobName: string, shard: number, enough: readonly Move[], signal: AbortSignal): Promise<PreviewCounts> {
    const { previewShard } = await import('../questions/preview-shard.ts');
    // A job of questions, which the pool hands on like any other.
    const job = this.job(jobName) as unknown as PreviewJob;
    return previewShard(await this.open(job.pass.location), job, { shard, enough }, signal);
  }

  private job(name: string): PassJob {
    const job = this.jobs.get(name);
    if (job === undefined) throw new TagmillError('INTERNAL', `the worker has no template ${name}`);
    return job;
  }

  private async evaluate(job: PassJob, shard: number, signal: AbortSignal): Promise<EvaluateResult> {
    const { evaluateShard } = await import('../engine/evaluate.ts');
    return evaluateShard(await this.open(job.location), job, shard, signal);
  }

  private async merge(id: number, job: PassJob, command: MergeCommand, signal: AbortSignal): Promise<MergeResult> {
    const piece = await this.pieceOf(job, command, signal);
    failpoint('worker.merge.piece-found');
    const batches = mergeBatches(piece, job.tags);
    if (this.setup.connections.sink.kind === 'mysql')
      return (await this.mysql(this.setup.connections.sink.url)).merge(job, command, batches, signal);
    return this.throughManager(id, (sink) => sink.merge(batches, signal));
  }

  private async rollback(id: number, job: PassJob, command: RollbackCommand, signal: AbortSignal): Promise<MergeResult> {
    if (this.setup.connections.sink.kind === 'mysql')
      return (await this.mysql(this.setup.connections.sink.url)).rollback(job, command, signal);
    return this.throughManager(id, (sink) => sink.order(signal));
  }

  private async throughManager(id: number, work: (sink: RowsSink) => Promise<MergeResult>): Promise<MergeResult> {
    const sink = new RowsSink(id, this.post);
    this.rowsSinks.set(id, sink);
    try {
      return await work(sink);
    } finally {
      this.rowsSinks.delete(id);
    }
  }

  /** The piece in the spool when it is the one that was checked; else the shard is evaluated again and must give it. */
  private async pieceOf(job: PassJob, command: MergeCommand, signal: AbortSignal): Promise<Piece> {
    const evaluator = await this.open(job.location);
    const path = evaluator.spool.path(job.runId, job.pass, command.shard);
    const there = readIfThere(path);
    if (there?.header.hash === command.pieceHash) return there;
    const { pieceHash } = await this.evaluate(job, command.shard, signal);
    if (pieceHash !== command.pieceHash) {
      throw new TagmillError(
        'PIECE_MISMATCH',
        `shard ${command.shard} was evaluated again and gave ${pieceHash} instead of ${command.pieceHash}: nothing of it is merged. Run the tags again.`,
      );
    }
    return readPiece(path);
  }

  private open(location: TablesLocation): Promise<Evaluator> {
    const key = JSON.stringify(location);
    if (this.evaluator?.key !== key) this.evaluator = { key, opened: this.openEvaluator(location) };
    return this.evaluator.opened;
  }

  private async openEvaluator(location: TablesLocation): Promise<Evaluator> {
    const { openEvaluator } = await import('../engine/evaluator.ts');
    const { setup } = this;
    const { endpoint, region, credentials } = setup.connections.s3 ?? {};
    const place =
      location.kind === 's3'
        ? { ...location, ...(endpoint === undefined ? {} : { endpoint }), ...(region === undefined ? {} : { region }) }
        : location;
    return openEvaluator({
      location: place,
      ...(credentials === undefined ? {} : { s3: { credentials } }),
      cacheDir: setup.cacheDir,
      cacheBytes: setup.cacheBytes,
      spoolDir: setup.spoolDir,
      spoolBytes: setup.spoolBytes,
      tempDir: this.tempDir,
      tempBytes: setup.spoolBytes,
      // The rest is this process's own: rows of a shard between engine and piece.
      memoryBytes: Math.max(128 * 1024 * 1024, Math.floor(setup.memoryBytes / 2)),
      threads: setup.threads,
      engine: setup.engine,
      onPreparation: (text) => this.post({ type: 'note', id: this.current, text }),
    });
  }

  private mysql(url: string): Promise<TagSink> {
    this.sink ??= import('../sinks/mysql/sink.ts').then(({ MysqlTagSink }) => {
      const target = parseDatabaseUrl(url);
      if (target.kind !== 'mysql') throw new TagmillError('INTERNAL', 'the target of this executor is no MySQL database');
      return new MysqlTagSink(target);
    });
    return this.sink;
  }
}

function readIfThere(path: string): Piece | undefined {
  try {
    return readPiece(path);
  } catch (error) {
    if (error instanceof TagmillError) return undefined;
    throw error;
  }
}
