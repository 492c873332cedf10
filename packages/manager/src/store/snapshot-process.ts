/**
 * The process that makes snapshots, as the manager sees it. It is started once
 * and kept: to start one from a manager that holds a million instances would
 * stop the loop for tens of milliseconds each time, while its memory is marked.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isErrorCode, TagmillError, toTagmillError } from '@tagmill/shared/errors';
import type { SnapshotHead } from './journal.ts';
import type { FromSnapshotProcess, SnapshotWork } from './snapshot-messages.ts';

const MAIN = fileURLToPath(new URL('./snapshot-main.ts', import.meta.url));

interface Hooks {
  readonly unusable: (seq: number, why: string) => void;
  readonly damaged: (why: string) => void;
}

export interface Written {
  readonly head: SnapshotHead;
  /** SHA-256 of the file. */
  readonly contentHash: Uint8Array;
}

type Answer = Exclude<FromSnapshotProcess, { type: 'unusable' }>;

interface Process {
  readonly child: ChildProcess;
  /** It is gone, all that it said was heard, and nobody writes to its file any more; resolves with how it ended. */
  readonly gone: Promise<string>;
}

export class SnapshotProcess {
  private readonly hooks: Hooks;
  private process: Process | undefined;
  private answered: ((answer: Answer) => void) | undefined;

  constructor(hooks: Hooks) {
    this.hooks = hooks;
  }

  /** Starts it, when it does not run yet. */
  start(): Process {
    this.process ??= this.fork();
    return this.process;
  }

  get pid(): number | undefined {
    return this.process?.child.pid;
  }

  /**
   * Makes one, one at a time; resolves once the file is written and flushed.
   * Errors: those of the disk; INTERNAL when the process ends before. Nothing is left then.
   */
  async make(work: SnapshotWork): Promise<Written> {
    try {
      const { child, gone } = this.start();
      const answer = new Promise<Answer>((resolve) => {
        this.answered = resolve;
      });
      // One that cannot be reached is gone; how it ended says more.
      child.send(work, () => undefined);
      keepAlive(child);
      return this.read(await Promise.race([answer, gone.then(cutShort)]).finally(() => letGo(child)));
    } catch (error) {
      rmSync(work.temp, { force: true });
      throw toTagmillError(error);
    }
  }

  /** Ends it, whatever it is doing; what it was making is given up. */
  async close(): Promise<void> {
    if (this.process === undefined) return;
    const { child, gone } = this.process;
    keepAlive(child);
    child.kill('SIGKILL');
    await gone.catch(() => undefined);
  }

  private read(answer: Answer): Written {
    switch (answer.type) {
      case 'written':
        return answer;
      case 'damaged':
        this.hooks.damaged(answer.why);
        throw new TagmillError('INTERNAL', answer.why);
      case 'failed':
        throw new TagmillError(isErrorCode(answer.code) ? answer.code : 'INTERNAL', answer.message);
    }
  }

  private fork(): Process {
    const execArgv = [...process.execArgv, '--expose-gc'];
    const child = fork(MAIN, [], { execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (message: FromSnapshotProcess) => {
      if (message.type === 'unusable') this.hooks.unusable(message.seq, message.why);
      else this.answered?.(message);
    });
    const gone = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(([[code, signal]]) => String(signal ?? `code ${code}`));
    const forget = () => {
      this.process = undefined;
    };
    gone.then(forget, forget);
    letGo(child);
    return { child, gone };
  }
}

/** The manager's process does not end while it waits for this one. */
function keepAlive(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

/** Nor does it stay for this one's sake when it has nothing else to do. */
function letGo(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

const cutShort = (how: string): Answer => ({
  type: 'failed',
  code: 'INTERNAL',
  message: `the process that makes snapshots ended (${how}) before it had made one`,
});
