/**
 * An executor: joins the pure core with the stream to the manager and the
 * worker processes. Effects of the core are carried out here and nowhere else.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connections } from '@tagmill/shared/connections';
import { failpoint } from '@tagmill/shared/failpoint';
import type { Hello } from '@tagmill/shared/gen/tagmill/v1/Hello';
import type { MergeCommand, RollbackCommand } from '@tagmill/shared/job';
import { LIMITS } from '@tagmill/shared/limits';
import { VERSION } from '@tagmill/shared/version';
import { PROTOCOL_VERSION, partsOf } from '@tagmill/shared/wire/service';
import type { Logger } from 'pino';
import type { ExecutorConfig } from '../config/config.ts';
import * as core from '../core/attempts.ts';
import { ManagerClient } from '../grpc/client.ts';
import { headOf, type Incoming, orderFrom, replicaParts, resultsOf } from '../grpc/wire.ts';
import { LoadMeter } from '../observe/load-meter.ts';
import { QuestionDesk } from '../questions/desk.ts';
import { ReplicaStore } from '../replica/replica-store.ts';
import { endSpare } from '../worker/fork.ts';
import type { RowsBatch, WorkerSetup, WorkerTask } from '../worker/messages.ts';
import { WorkerPool } from '../worker/pool.ts';
import { templateName, Templates } from './templates.ts';

export type ExecutorEnd = { readonly kind: 'drained' } | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** Bytes of one Rows message: well under the limit of 4 MiB. */
const ROWS_PART_BYTES = 2 * 1024 * 1024;

const NOT_BEGUN = JSON.stringify({ code: 'ACTION_REFUSED', message: 'the attempt was told to stop before it began' });

const rollbackCommand = (work: core.FanOutWork, attempt: core.Attempt): RollbackCommand => ({
  shard: attempt.shard,
  tags: attempt.scope,
  pass: work.pass,
  term: attempt.term,
  token: attempt.token,
});

interface RunningTask {
  readonly id: number;
  readonly work: core.FanOutWork;
  readonly attempt: core.Attempt;
  /** Its rows were lost with the stream: it begins again under the same token. */
  restart: boolean;
}

export class Executor {
  private readonly config: ExecutorConfig;
  private readonly log: Logger;
  private readonly instance = randomUUID();
  private readonly state: core.ExecutorState;
  private readonly client: ManagerClient;
  private readonly load = new LoadMeter();
  private readonly templates: Templates;
  /** Running attempts by `fanOut:shard:token`. */
  private readonly tasks = new Map<string, RunningTask>();
  /** Plans that were found and not confirmed, by blob name: sent again with their result. */
  private readonly plans = new Map<string, Buffer>();
  /** Copies of the manager's journal, for the day on which it has lost its own. */
  private readonly replicas: ReplicaStore;
  private readonly questions = new QuestionDesk(
    () => this.questionPool(),
    (answer) => this.client.send({ answer: { ...answer, data: Buffer.from(answer.data) } }),
  );
  private pool: WorkerPool | undefined;
  private connections: Connections | undefined;
  /** Merges to begin again once the stream is back. */
  private readonly toRestart: (() => void)[] = [];
  private heartbeat: NodeJS.Timeout | undefined;
  private watch: NodeJS.Timeout | undefined;
  private leaseMs = 9_000;
  private lastTickMs = performance.now();
  private lostAtMs: number | undefined;
  private resolveEnd: (end: ExecutorEnd) => void = () => undefined;
  /** Resolves when the executor has nothing more to do here. */
  readonly ended: Promise<ExecutorEnd>;

  constructor(config: ExecutorConfig, log: Logger) {
    this.config = config;
    this.log = log;
    this.state = core.newExecutorState(config.slots);
    this.templates = new Templates(join(config.cacheDir, 'objects', 'values'), {
      pool: () => this.pool,
      questions: this.questions,
      want: (name) => this.client.send({ templateWanted: { name } }),
    });
    this.replicas = new ReplicaStore(join(config.cacheDir, 'copies'), LIMITS.copyBytes);
    this.ended = new Promise((resolve) => {
      this.resolveEnd = resolve;
    });
    this.client = new ManagerClient(config.manager, config.tlsCaFile === undefined ? undefined : readFileSync(config.tlsCaFile), {
      hello: () => this.hello(),
      message: (message) => this.receive(message),
      connected: () => this.log.info({ manager: config.manager }, 'joined the manager'),
      lost: (why) => this.lost(why),
      refused: (code, message) => this.resolveEnd({ kind: 'refused', code, message }),
    });
  }

  start(): void {
    this.client.connect();
    this.watch = setInterval(() => {
      this.noticeSleep();
      this.leaveWithoutManager();
    }, 500);
  }

  /** Takes no new shards, finishes what it has, then ends. */
  drain(): void {
    this.log.info('draining: no new shards are taken');
    this.client.send({ draining: {} });
    this.act(core.drain(this.state));
  }

  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    clearInterval(this.watch);
    this.client.close();
    endSpare();
    await Promise.all([this.pool?.close(), this.questions.close()]);
    await this.replicas.close();
    await rm(this.spoolDir(), { recursive: true, force: true });
  }

  private spoolDir(): string {
    return join(this.config.cacheDir, 'spool');
  }

  private hello(): Hello {
    this.replicas.begin();
    return {
      executorId: this.config.id,
      name: this.config.name,
      instance: this.instance,
      slots: this.config.slots,
      softwareVersion: VERSION,
      protocolVersion: PROTOCOL_VERSION,
      labels: this.config.labels,
      joinToken: this.config.joinToken,
      held: core.held(this.state),
      lineage: this.state.lineage,
      copies: this.replicas.heads().map(headOf),
    };
  }

  /** What runs goes on; only rows on their way to the manager are lost with the stream. */
  private lost(why: string): void {
    // Told once: it is dialled several times a second at first.
    this.log[this.lostAtMs === undefined ? 'warn' : 'debug']({ manager: this.config.manager, why }, 'lost the manager; dialling again');
    this.lostAtMs ??= performance.now();
    this.questions.lost();
    if (this.connections?.sink.kind !== 'manager') return;
    for (const task of this.tasks.values()) {
      if (task.work.step !== 'merge' && task.work.step !== 'rollback') continue;
      task.restart = true;
      this.pool?.abort(task.id);
    }
  }

  /** This process did not run for more than half a lease: what it held may be another's by now. */
  private noticeSleep(): void {
    const now = performance.now();
    const sleptMs = now - this.lastTickMs - 500;
    this.lastTickMs = now;
    if (sleptMs < this.leaseMs / 2) return;
    this.log.warn({ sleptMs: Math.round(sleptMs) }, 'this process slept for more than half a lease: its attempts are given up');
    this.act(core.leasesLost(this.state));
  }

  /** Draining with nobody to confirm: once its leases have ended there is nothing to wait for; all of it is leased elsewhere. */
  private leaveWithoutManager(): void {
    if (!this.state.draining || this.lostAtMs === undefined || performance.now() - this.lostAtMs < this.leaseMs) return;
    this.log.warn('draining, and the manager has been away for a lease: what is not confirmed is done again elsewhere');
    this.resolveEnd({ kind: 'drained' });
  }

  private receive(message: Incoming): void {
    if (message.welcome) this.welcome(message.welcome);
    else if (message.dispatch) {
      failpoint('executor.dispatch.taken');
      this.act(core.dispatched(this.state, orderFrom(message.dispatch)));
    } else if (message.confirm) {
      failpoint('executor.confirm.taken');
      if (this.plans.size > 0) for (const token of message.confirm.tokens) this.plans.delete(`plan/${token}`);
      this.act(core.confirmed(this.state, message.confirm.fanOut, message.confirm.shards, message.confirm.tokens));
      failpoint('executor.confirm.forgotten');
    } else if (message.cancel) this.act(core.cancelled(this.state, message.cancel.fanOut, message.cancel.shards, message.cancel.tokens));
    else if (message.passOver) this.act(core.passOver(this.state, message.passOver.runId, message.passOver.pass));
    else if (message.rowsMerged) {
      const { request, batches, done, failed, resultJson } = message.rowsMerged;
      this.pool?.rowsMerged(request, batches, done, failed, resultJson);
    } else if (message.templatePart) this.templates.take(message.templatePart);
    else if (message.ask) this.ask(message.ask.question, message.ask.requestJson, message.ask.jobName);
    else if (message.askOver) this.questions.over(message.askOver.question, message.askOver.jobName);
    else if (message.replicaFrames)
      this.replicas.take(message.replicaFrames.frames, (replicaAck) => {
        failpoint('executor.copy.acknowledging');
        this.client.send({ replicaAck });
      });
    else if (message.replicaWanted) this.sendReplica(message.replicaWanted.lineage, message.replicaWanted.ticket);
    else if (message.drain) this.drain();
  }

  private welcome(welcome: {
    readonly lineage: string;
    readonly term: number;
    readonly heartbeatMs: number;
    readonly leaseMs: number;
    readonly stopMs: number;
    readonly attemptMs: number;
    readonly connectionsJson: string;
  }): void {
    this.leaseMs = welcome.leaseMs;
    this.lostAtMs = undefined;
    this.connections ??= JSON.parse(welcome.connectionsJson) as Connections;
    this.pool ??= this.makePool(this.connections);
    this.pool.setDeadlines(welcome.stopMs, welcome.attemptMs);
    clearInterval(this.heartbeat);
    this.heartbeat = setInterval(() => this.beat(), welcome.heartbeatMs);
    this.act(core.welcomed(this.state, welcome.lineage, welcome.term));
    this.templates.askAgain();
    for (const restart of this.toRestart.splice(0)) restart();
    if (this.state.draining) this.client.send({ draining: {} });
  }

  /** A manager that starts has chosen the copy of this executor. */
  private sendReplica(lineage: string, ticket: string): void {
    const copy = this.replicas.copy(lineage);
    if (copy === undefined) return;
    failpoint('executor.copy.sending');
    this.log.info({ lineage }, 'sends its copy of the journal to the manager');
    this.client
      .sendReplica(replicaParts(ticket, copy.parts()))
      .catch((error: unknown) => this.log.warn({ error: String(error) }, 'the copy of the journal did not arrive'));
  }

  private beat(): void {
    this.client.send({ heartbeat: { ...this.load.read(), slotsUsed: this.state.running } });
  }

  private makePool(given: Connections): WorkerPool {
    return new WorkerPool(this.workerSetup(given), this.config.slots);
  }

  /** Questions must not wait for shards: a few processes more, started when first asked, with half of the memory. */
  private questionPool(): WorkerPool {
    const { connections } = this;
    if (connections === undefined) throw new Error('a question came before the welcome');
    const setup = this.workerSetup(connections);
    const own = { ...setup, spoolDir: join(this.spoolDir(), 'questions'), memoryBytes: Math.floor(setup.memoryBytes / 2) };
    return new WorkerPool(own, this.config.slots);
  }

  private workerSetup(given: Connections): WorkerSetup {
    const { databaseUrl, s3Endpoint, s3Region, s3Credentials, slots, memoryBytes, engine } = this.config;
    const s3 = {
      ...given.s3,
      ...(s3Endpoint === undefined ? {} : { endpoint: s3Endpoint }),
      ...(s3Region === undefined ? {} : { region: s3Region }),
      ...(s3Credentials === undefined ? {} : { credentials: s3Credentials }),
    };
    const connections: Connections = {
      sink: given.sink.kind === 'mysql' && databaseUrl !== undefined ? { kind: 'mysql', url: databaseUrl } : given.sink,
      s3,
    };
    return {
      connections,
      spoolDir: this.spoolDir(),
      cacheDir: join(this.config.cacheDir, 'objects'),
      memoryBytes: Math.floor(memoryBytes / slots),
      threads: 1,
      engine,
      spoolBytes: this.config.spoolBytes,
      cacheBytes: this.config.cacheBytes,
    };
  }

  /** A question waits, as an attempt does, for the sets of values that it looks in. */
  private ask(question: number, requestJson: string, jobName: string): void {
    const missing = this.templates.missingSet(this.questions.valuesOf(jobName));
    if (missing === undefined) {
      this.questions.ask(question, requestJson, jobName);
      return;
    }
    const { stream } = this.questions;
    this.templates.wait(missing, () => {
      if (this.questions.stream === stream) this.ask(question, requestJson, jobName);
    });
  }

  private act(effects: readonly core.ExecutorEffect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'start':
          this.startWithTemplate(effect.work, effect.attempt);
          break;
        case 'start-tiny':
          this.startTiny(effect.work, effect.attempts);
          break;
        case 'abort':
          this.abort(effect.fanOut, effect.shard, effect.token);
          break;
        case 'results':
          if (effect.work.step === 'plan') for (const attempt of effect.attempts) this.sendPlan(attempt.token);
          failpoint('executor.result.sending');
          for (const message of resultsOf(effect.work, effect.attempts)) this.client.send(message);
          failpoint('executor.result.sent');
          break;
        case 'forget-pass':
          this.forgetPass(effect.runId, effect.pass);
          break;
        case 'idle':
          this.resolveEnd({ kind: 'drained' });
          break;
      }
    }
  }

  private startWithTemplate(work: core.FanOutWork, attempt: core.Attempt): void {
    const name = templateName(work);
    const missing = this.templates.missingFor(work, name);
    if (missing === undefined) {
      this.startTask(work, attempt, name);
      return;
    }
    this.templates.wait(missing, () => {
      if (attempt.phase === 'running' && !attempt.cancelled) this.startWithTemplate(work, attempt);
    });
  }

  private startTask(work: core.FanOutWork, attempt: core.Attempt, name: string): void {
    const key = `${work.fanOut}:${attempt.shard}:${attempt.token}`;
    const finish = (status: number, detail: string) => {
      const task = this.tasks.get(key);
      this.tasks.delete(key);
      failpoint('executor.task.ended');
      if (task?.restart === true && status === core.STATUS_FAILED && !attempt.cancelled && attempt.phase === 'running') {
        const again = () => {
          // It may have been given up while the stream was away.
          if (attempt.phase === 'running' && !attempt.cancelled) this.startWithTemplate(work, attempt);
        };
        if (this.client.connected) again();
        else this.toRestart.push(again);
        return;
      }
      this.act(core.finished(this.state, work.fanOut, attempt.shard, attempt.token, status, detail));
    };
    if (this.pool === undefined) return;
    let first = true;
    const id: number = this.pool.run(this.taskOf(work, attempt, name), {
      done: (result) => finish(core.STATUS_DONE, work.step === 'plan' ? this.keepPlan(attempt.token, result) : JSON.stringify(result)),
      failed: (failure) => finish(core.STATUS_FAILED, JSON.stringify(failure)),
      note: (text) =>
        this.client.send({ progress: { fanOut: work.fanOut, shard: attempt.shard, token: attempt.token, fraction: 0, text } }),
      rows: (rows) => {
        this.sendRows(id, work, attempt, rows, first);
        first = false;
      },
    });
    this.tasks.set(key, { id, work, attempt, restart: false });
    failpoint('executor.task.given');
  }

  private taskOf(work: core.FanOutWork, attempt: core.Attempt, name: string): WorkerTask {
    if (work.step === 'plan') return { kind: 'plan', request: this.templates.planRequest(name)! };
    if (work.step === 'evaluate') return { kind: 'evaluate', jobName: name, shard: attempt.shard };
    if (work.step === 'rollback') return { kind: 'rollback', jobName: name, command: rollbackCommand(work, attempt) };
    return { kind: 'merge', jobName: name, command: this.mergeCommand(work, attempt) };
  }

  private mergeCommand(work: core.FanOutWork, attempt: core.Attempt): MergeCommand {
    return {
      shard: attempt.shard,
      scope: attempt.scope,
      pieceHash: work.pieceHashes.get(attempt.shard) ?? '',
      term: attempt.term,
      token: attempt.token,
    };
  }

  private commandJson(work: core.FanOutWork, attempt: core.Attempt): string {
    return JSON.stringify(
      work.step === 'rollback' ? { ...rollbackCommand(work, attempt), rollback: true } : this.mergeCommand(work, attempt),
    );
  }

  /** A plan may be larger than a message: it goes ahead as a blob, and the result names it. */
  private keepPlan(token: number, plan: unknown): string {
    const name = `plan/${token}`;
    this.plans.set(name, Buffer.from(JSON.stringify(plan)));
    return JSON.stringify({ blob: name });
  }

  private sendPlan(token: number): void {
    const name = `plan/${token}`;
    const bytes = this.plans.get(name);
    if (bytes !== undefined) for (const part of partsOf(bytes)) this.client.send({ blobPart: { name, ...part } });
  }

  private sendRows(request: number, work: core.FanOutWork, attempt: core.Attempt, batch: RowsBatch, first: boolean): void {
    for (const part of partsOf(batch.data, ROWS_PART_BYTES)) {
      this.client.send({
        rows: {
          request,
          runId: work.runId,
          pass: work.pass,
          commandJson: first && part.index === 0 ? this.commandJson(work, attempt) : '',
          users: batch.users,
          words: batch.words,
          part: part.index,
          lastPart: part.last,
          lastBatch: batch.lastBatch,
          data: part.data,
        },
      });
    }
    failpoint('executor.rows.sent');
  }

  private startTiny(work: core.FanOutWork, attempts: readonly core.Attempt[]): void {
    const shards = new Uint32Array(attempts.length);
    for (let i = 0; i < shards.length; i++) shards[i] = attempts[i]!.shard;
    this.pool?.run(
      { kind: 'noop', shards },
      {
        done: () => this.act(core.finishedTiny(this.state, work.fanOut, shards)),
        failed: (failure) => this.act(core.finishedTiny(this.state, work.fanOut, shards, core.STATUS_FAILED, JSON.stringify(failure))),
      },
    );
  }

  private abort(fanOut: number, shard: number, token: number): void {
    failpoint('executor.attempt.aborting');
    const task = this.tasks.get(`${fanOut}:${shard}:${token}`);
    if (task !== undefined) this.pool?.abort(task.id);
    // Not begun (it waits for its template, or for the stream to come back): then it has ended here and now.
    else this.act(core.finished(this.state, fanOut, shard, token, core.STATUS_FAILED, NOT_BEGUN));
  }

  private forgetPass(runId: string, pass: number): void {
    this.pool?.forgetJob(`${runId}/${pass}`);
    this.templates.forgetPlan(runId);
    rm(join(this.spoolDir(), runId, String(pass)), { recursive: true, force: true }).catch((error: unknown) =>
      this.log.warn({ error: String(error) }, 'cannot remove the pieces of a pass that is over'),
    );
  }
}
