/** Answers questions of the manager with worker processes of their own, so that they wait for no shard. */
import type { PassJob, PlanRequest } from '@tagmill/shared/job';
import type { FieldsJob, PreviewJob, Question, UserJob } from '@tagmill/shared/question';
import { partsOf } from '@tagmill/shared/wire/service';
import type { WorkerTask } from '../worker/messages.ts';
import type { TaskFailure, WorkerPool } from '../worker/pool.ts';

export interface AnswerPart {
  readonly question: number;
  readonly failed: boolean;
  readonly index: number;
  readonly last: boolean;
  readonly data: Uint8Array;
}

export const isQuestionJob = (name: string): boolean => name.startsWith('question/');

export class QuestionDesk {
  private readonly makePool: () => WorkerPool;
  private readonly send: (part: AnswerPart) => void;
  private readonly jobs = new Map<string, unknown>();
  /** Tasks of the pool, by question. */
  private readonly running = new Map<number, number>();
  private pool: WorkerPool | undefined;
  private streams = 0;

  constructor(makePool: () => WorkerPool, send: (part: AnswerPart) => void) {
    this.makePool = makePool;
    this.send = send;
  }

  setJob(name: string, job: unknown): void {
    this.jobs.set(name, job);
    const pass = (job as Partial<PreviewJob>).pass;
    if (pass !== undefined) this.workers().setJob(name, job as unknown as PassJob);
  }

  /** Sets of values that a job looks in. */
  valuesOf(name: string): readonly string[] {
    return (this.jobs.get(name) as Partial<PreviewJob> | undefined)?.pass?.values ?? [];
  }

  /** Grows with every stream: what waited on the one before is not asked any more. */
  get stream(): number {
    return this.streams;
  }

  ask(question: number, requestJson: string, jobName: string): void {
    const failed = (failure: TaskFailure): void => this.answer(question, true, failure);
    const job = this.jobs.get(jobName);
    if (job === undefined) {
      failed({ code: 'INTERNAL', message: 'the question came without its job' });
      return;
    }
    const task = taskOf(JSON.parse(requestJson) as Question, job, jobName);
    if (task === undefined) {
      failed({
        code: 'PROTOCOL_VERSION',
        message: 'this executor does not know this kind of question: give it the version of the manager',
      });
      return;
    }
    const done = (result: unknown): void => this.answer(question, false, result);
    this.running.set(question, this.workers().run(task, { done, failed }));
  }

  /** Nobody waits for the question; 0: for none, only the job goes. */
  over(question: number, jobName: string): void {
    const task = this.running.get(question);
    this.running.delete(question);
    if (task !== undefined) this.pool?.abort(task);
    if (jobName === '') return;
    this.jobs.delete(jobName);
    this.pool?.forgetJob(jobName);
  }

  /** The stream is gone: what is asked on the next one is asked anew. */
  lost(): void {
    this.streams += 1;
    for (const question of [...this.running.keys()]) this.over(question, '');
    for (const name of [...this.jobs.keys()]) this.over(0, name);
  }

  async close(): Promise<void> {
    await this.pool?.close();
  }

  private workers(): WorkerPool {
    this.pool ??= this.makePool();
    return this.pool;
  }

  private answer(question: number, failed: boolean, content: unknown): void {
    if (!failed || this.running.has(question)) this.running.delete(question);
    for (const part of partsOf(Buffer.from(JSON.stringify(content)))) this.send({ question, failed, ...part });
  }
}

function taskOf(question: Question, job: unknown, jobName: string): WorkerTask | undefined {
  switch (question.kind) {
    case 'plan':
      return { kind: 'plan', request: job as PlanRequest };
    case 'fields':
      return { kind: 'fields', job: job as FieldsJob };
    case 'user':
      return { kind: 'user', user: question.user, job: job as UserJob };
    case 'letters':
      return { kind: 'letters', jobName, user: question.user };
    case 'preview':
      return { kind: 'preview', jobName, shard: question.shard, enough: question.enough ?? [] };
    default:
      return undefined;
  }
}
