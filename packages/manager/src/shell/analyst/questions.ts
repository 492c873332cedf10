/** Questions to executors, each to one that is there; asked again elsewhere when that one goes. */
import { isErrorCode, TagmillError } from '@tagmill/shared/errors';
import { LIMITS } from '@tagmill/shared/limits';
import type { Question } from '@tagmill/shared/question';
import type { AnswerPart } from '../../grpc/wire.ts';

/** The little of the executors' door that questions need. */
export interface AskDoor {
  ask(id: string, question: number, requestJson: string, job: QuestionJob): boolean;
  askOver(id: string, question: number): void;
  forgetJob(jobName: string): void;
}

export interface QuestionJob {
  readonly name: string;
  readonly bytes: Uint8Array;
}

interface Open {
  readonly requestJson: string;
  readonly job: QuestionJob;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: TagmillError) => void;
  readonly stop: () => void;
  executor: string | undefined;
  parts: Buffer[];
  bytes: number;
}

/** So long a question waits for an executor to be there. */
const WAIT_FOR_EXECUTOR_MS = 10_000;
const encoder = new TextEncoder();

export class Questions {
  private readonly door: AskDoor;
  /** Executors that take work, in any order. */
  private readonly executors: () => readonly string[];
  private readonly open = new Map<number, Open>();
  private nextQuestion = 1;
  private nextJob = 1;

  constructor(door: AskDoor, executors: () => readonly string[]) {
    this.door = door;
    this.executors = executors;
  }

  /** A job that questions share until it is forgotten. */
  job(content: unknown): QuestionJob {
    return { name: `question/${this.nextJob++}`, bytes: encoder.encode(JSON.stringify(content)) };
  }

  forget(job: QuestionJob): void {
    this.door.forgetJob(job.name);
  }

  /** One question with a job of its own. Errors: those of `ask`. */
  async once(question: Question, content: unknown, timeoutMs: number): Promise<unknown> {
    const job = this.job(content);
    try {
      return await this.ask(question, job, AbortSignal.timeout(timeoutMs));
    } finally {
      this.forget(job);
    }
  }

  /**
   * Errors: UNREACHABLE when no executor is there, or none answered in time;
   * those of the answer; the signal's reason when that is one of ours.
   */
  ask(question: Question, job: QuestionJob, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const number = this.nextQuestion;
      this.nextQuestion = number === 0xff_ff_ff_ff ? 1 : number + 1;
      const aborted = (): void => {
        const { executor } = this.open.get(number) ?? {};
        if (executor !== undefined) this.door.askOver(executor, number);
        const { reason } = signal as { reason: unknown };
        const late = new TagmillError('UNREACHABLE', 'the executor that was asked did not answer in time: try again, or look at its log');
        this.end(number)?.reject(reason instanceof TagmillError ? reason : late);
      };
      const patience = setTimeout(() => {
        if (this.open.get(number)?.executor === undefined) this.end(number)?.reject(nobodyThere());
      }, WAIT_FOR_EXECUTOR_MS);
      const stop = (): void => {
        clearTimeout(patience);
        signal.removeEventListener('abort', aborted);
      };
      const requestJson = JSON.stringify(question);
      this.open.set(number, { requestJson, job, resolve, reject, stop, executor: undefined, parts: [], bytes: 0 });
      if (signal.aborted) {
        aborted();
        return;
      }
      signal.addEventListener('abort', aborted);
      this.give(number);
    });
  }

  /** An executor is there, or there again. */
  joined(): void {
    for (const [number, one] of this.open) if (one.executor === undefined) this.give(number);
  }

  /** What an executor has not answered is asked elsewhere. */
  left(executor: string): void {
    for (const [number, one] of this.open) {
      if (one.executor !== executor) continue;
      one.executor = undefined;
      one.parts = [];
      one.bytes = 0;
      this.give(number);
    }
  }

  answered(executor: string, { question, failed, index, last, data }: AnswerPart): void {
    const one = this.open.get(question);
    // Of a question that nobody waits for, or that was asked elsewhere meanwhile.
    if (one === undefined || one.executor !== executor || one.parts.length !== index) return;
    const part = Buffer.from(data);
    one.bytes += part.length;
    if (one.bytes > LIMITS.templateBytes) {
      this.end(question)?.reject(new TagmillError('INTERNAL', 'the answer of an executor is larger than any may be'));
      return;
    }
    one.parts.push(part);
    if (!last) return;
    this.end(question);
    this.settle(one, failed);
  }

  close(): void {
    for (const number of [...this.open.keys()]) this.end(number)?.reject(new TagmillError('UNREACHABLE', 'the manager is stopping'));
  }

  private settle(one: Open, failed: boolean): void {
    let content: unknown;
    try {
      content = JSON.parse(Buffer.concat(one.parts).toString('utf8'));
    } catch (error) {
      one.reject(new TagmillError('INTERNAL', 'an executor answered with what is no JSON', {}, error));
      return;
    }
    if (!failed) {
      one.resolve(content);
      return;
    }
    const { code, message } = content as { readonly code?: unknown; readonly message?: unknown };
    const known = typeof code === 'string' && isErrorCode(code) ? code : 'INTERNAL';
    one.reject(new TagmillError(known, typeof message === 'string' ? message : 'the executor could not answer'));
  }

  /** To the executor that has the fewest questions; when nobody is there it waits. */
  private give(number: number): void {
    const one = this.open.get(number);
    if (one === undefined) return;
    const load = new Map<string, number>();
    for (const { executor } of this.open.values()) if (executor !== undefined) load.set(executor, (load.get(executor) ?? 0) + 1);
    const byLoad = this.executors().toSorted((a, b) => (load.get(a) ?? 0) - (load.get(b) ?? 0));
    one.executor = byLoad.find((id) => this.door.ask(id, number, one.requestJson, one.job));
  }

  private end(number: number): Open | undefined {
    const one = this.open.get(number);
    this.open.delete(number);
    one?.stop();
    return one;
  }
}

const nobodyThere = (): TagmillError =>
  new TagmillError('UNREACHABLE', 'no executor is connected that could read the tables: start one with `tagmill executor`, then try again');
