/**
 * Worker processes of an executor, one attempt at a time each, started when
 * first needed. An attempt that does not stop is ended with its process.
 */
import type { ChildProcess } from 'node:child_process';
import { failpoint } from '@tagmill/shared/failpoint';
import type { PassJob } from '@tagmill/shared/job';
import { forkWorker } from './fork.ts';
import type { FromWorker, RowsBatch, ToWorker, WorkerSetup, WorkerTask } from './messages.ts';

export interface TaskFailure {
  readonly code: string;
  readonly message: string;
  readonly table?: string;
  readonly tagId?: number;
}

export interface TaskEvents {
  readonly done: (result: unknown) => void;
  readonly failed: (failure: TaskFailure) => void;
  readonly rows?: (batch: RowsBatch) => void;
  /** What it does before its own work; the empty text: it goes on with that. */
  readonly note?: (text: string) => void;
}

interface Worker {
  readonly process: ChildProcess;
  readonly jobs: Set<string>;
  busy: { readonly id: number; readonly events: TaskEvents; expired: boolean } | undefined;
  deadline: NodeJS.Timeout | undefined;
  stopTimer: NodeJS.Timeout | undefined;
  /** Why it is being ended, when that is our doing. */
  ending: string | undefined;
}

/** What a told attempt has to stop, where the manager does not say. */
const STOP_MS = 5_000;
/** Behind its deadline to stop, an attempt's process is ended. */
const GRACE_MS = 1_000;

export class WorkerPool {
  private readonly setup: WorkerSetup;
  private readonly size: number;
  private readonly fork: typeof forkWorker;
  private readonly workers = new Set<Worker>();
  private readonly jobs = new Map<string, PassJob>();
  private readonly queue: { readonly id: number; readonly task: WorkerTask; readonly events: TaskEvents }[] = [];
  private nextId = 1;
  private stopMs = STOP_MS;
  private attemptMs = 0;
  private closed = false;

  /** `fork` starts a worker process; tests give their own. */
  constructor(setup: WorkerSetup, size: number, fork = forkWorker) {
    this.setup = setup;
    this.size = size;
    this.fork = fork;
  }

  /** What an attempt has to stop, and what it may take at all, ms; 0: the own default, and no limit. */
  setDeadlines(stopMs: number, attemptMs: number): void {
    this.stopMs = stopMs > 0 ? stopMs : STOP_MS;
    this.attemptMs = attemptMs;
  }

  setJob(name: string, job: PassJob): void {
    this.jobs.set(name, job);
    for (const worker of this.workers) worker.jobs.delete(name);
  }

  hasJob(name: string): boolean {
    return this.jobs.has(name);
  }

  job(name: string): PassJob | undefined {
    return this.jobs.get(name);
  }

  forgetJob(name: string): void {
    this.jobs.delete(name);
    for (const worker of this.workers) {
      if (worker.jobs.delete(name)) this.post(worker, { type: 'forget-job', name });
    }
  }

  /** Runs a task on a free worker, or when one is free. Returns its number, for abort. */
  run(task: WorkerTask, events: TaskEvents): number {
    const id = this.nextId++;
    this.queue.push({ id, task, events });
    this.assign();
    return id;
  }

  /** Tells an attempt to stop; ends its process when it has not one second behind its deadline. */
  abort(id: number): void {
    const at = this.queue.findIndex((one) => one.id === id);
    if (at >= 0) {
      const [one] = this.queue.splice(at, 1);
      one?.events.failed({ code: 'STOPPED', message: 'stopped before it began' });
      return;
    }
    for (const worker of this.workers) {
      if (worker.busy?.id !== id) continue;
      this.post(worker, { type: 'abort', id });
      // Told twice it has no more time than told once, and the next attempt of this worker none of its timers.
      if (worker.stopTimer !== undefined) continue;
      worker.stopTimer = setTimeout(() => {
        worker.ending = `it did not stop within ${this.stopMs} ms and was ended`;
        worker.process.kill('SIGKILL');
      }, this.stopMs + GRACE_MS);
    }
  }

  rowsMerged(id: number, batches: number, done: boolean, failed: boolean, resultJson: string): void {
    for (const worker of this.workers) {
      if (worker.busy?.id === id) this.post(worker, { type: 'rows-merged', id, batches, done, failed, resultJson });
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    const ends = [...this.workers].map(
      (worker) =>
        new Promise<void>((resolve) => {
          worker.process.once('exit', () => resolve());
          worker.process.kill('SIGKILL');
        }),
    );
    await Promise.all(ends);
  }

  private assign(): void {
    while (this.queue.length > 0) {
      const free = [...this.workers].find((worker) => worker.busy === undefined && worker.ending === undefined);
      if (free === undefined) {
        if (this.workers.size >= this.size || this.closed) return;
        this.start();
        continue;
      }
      const { id, task, events } = this.queue.shift()!;
      free.busy = { id, events, expired: false };
      if (this.attemptMs > 0 && task.kind !== 'noop') free.deadline = setTimeout(() => this.expire(free, id), this.attemptMs);
      this.giveJob(free, task);
      this.post(free, { type: 'task', id, task });
    }
  }

  private expire(worker: Worker, id: number): void {
    if (worker.busy?.id !== id) return;
    worker.busy.expired = true;
    this.abort(id);
  }

  private giveJob(worker: Worker, task: WorkerTask): void {
    if (!('jobName' in task)) return;
    const job = this.jobs.get(task.jobName);
    if (job === undefined || worker.jobs.has(task.jobName)) return;
    worker.jobs.add(task.jobName);
    this.post(worker, { type: 'job', name: task.jobName, job });
  }

  private start(): void {
    const process = this.fork();
    const worker: Worker = { process, jobs: new Set(), busy: undefined, deadline: undefined, stopTimer: undefined, ending: undefined };
    this.workers.add(worker);
    process.on('message', (message) => this.receive(worker, message as FromWorker));
    process.on('error', (error) => {
      worker.ending ??= error.message;
      // A process that never was has no exit to wait for.
      if (process.pid === undefined) this.ended(worker, null, null);
    });
    process.on('exit', (code, signal) => this.ended(worker, code, signal));
    failpoint('executor.pool.forked');
    this.post(worker, { type: 'setup', setup: this.setup });
  }

  private post(worker: Worker, message: ToWorker): void {
    if (worker.process.connected) worker.process.send(message, () => undefined);
  }

  private receive(worker: Worker, message: FromWorker): void {
    if (message.type === 'ready' || worker.busy?.id !== message.id) return;
    const { events, expired } = worker.busy;
    if (message.type === 'rows') {
      events.rows?.(message.batch);
      return;
    }
    if (message.type === 'note') {
      events.note?.(message.text);
      return;
    }
    this.release(worker);
    if (message.type === 'done') events.done(message.result);
    else if (expired)
      events.failed({ code: 'ATTEMPT_TIMEOUT', message: `the attempt took longer than ${this.attemptMs} ms and was stopped` });
    else {
      const { type: _type, id: _id, ...failure } = message;
      events.failed(failure);
    }
    this.assign();
  }

  private release(worker: Worker): void {
    clearTimeout(worker.stopTimer);
    worker.stopTimer = undefined;
    clearTimeout(worker.deadline);
    worker.deadline = undefined;
    worker.busy = undefined;
  }

  private ended(worker: Worker, code: number | null, signal: NodeJS.Signals | null): void {
    if (!this.workers.delete(worker)) return;
    const { busy } = worker;
    this.release(worker);
    if (busy !== undefined && !this.closed) {
      const how = worker.ending ?? (signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`);
      busy.events.failed({ code: 'WORKER_DIED', message: `the worker process of the attempt is gone: ${how}` });
    }
    if (!this.closed) this.assign();
  }
}
