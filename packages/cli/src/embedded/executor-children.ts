/**
 * Executor processes of a command's own manager. One that dies is started
 * again a bounded number of times; all of them end with this process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isErrorCode, TagmillError } from '@tagmill/shared/errors';
import { onExit } from '../lifecycle.ts';
import { say } from '../say.ts';
import { GIVEN_BY_PARENT, type ToChild } from './child-messages.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Starts of one executor that may end badly, the first included. */
const STARTS_OF_ONE = 5;
const STOP_TIMEOUT_MS = 5_000;

export interface ChildrenOptions {
  readonly count: number;
  readonly slots: number;
  readonly joinToken: string;
  /** Removed by the caller at the end: caches, spools and whatever workers put aside. */
  readonly tempDir: string;
  readonly s3Endpoint: string | undefined;
}

export class ExecutorChildren {
  readonly #options: ChildrenOptions;
  readonly #children = new Map<number, ChildProcess>();
  readonly #starts = new Map<number, number>();
  readonly #release: () => void;
  #manager: string | undefined;
  #stopping = false;
  #fail: (error: TagmillError) => void = () => undefined;
  /** Resolves when the executors cannot go on. */
  readonly failed: Promise<TagmillError>;

  /** Starts the first process at once; it waits for the address of the manager. */
  constructor(options: ChildrenOptions) {
    this.#options = options;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    this.#release = onExit(() => this.#killAll());
    this.#start(1);
  }

  /**
   * Tells it where the manager is and starts the others: until then the first
   * and the manager have the cores to load on, and a run begins with one shard.
   */
  join(manager: string): void {
    this.#manager = manager;
    for (const child of this.#children.values()) this.#tell(child);
    for (let index = 2; index <= this.#options.count; index += 1) this.#start(index);
  }

  get pids(): readonly number[] {
    return [...this.#children.values()].map((child) => child.pid ?? 0);
  }

  /** Ends all of them and waits; one that does not end in time is killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const gone = [...this.#children.values()].map((child) => new Promise<void>((resolve) => child.once('close', () => resolve())));
    for (const child of this.#children.values()) child.kill('SIGTERM');
    const timer = setTimeout(() => this.#killAll(), STOP_TIMEOUT_MS);
    await Promise.all(gone);
    clearTimeout(timer);
    this.#release();
  }

  #killAll(): void {
    for (const child of this.#children.values()) child.kill('SIGKILL');
  }

  #tell(child: ChildProcess): void {
    if (this.#manager === undefined || !child.connected) return;
    const message: ToChild = { manager: this.#manager };
    // A child that is gone by now is seen by its end.
    child.send(message, () => undefined);
  }

  #start(index: number): void {
    const { slots, joinToken, tempDir, s3Endpoint } = this.#options;
    this.#starts.set(index, (this.#starts.get(index) ?? 0) + 1);
    const { TAGMILL_DATABASE_URL: _, ...environment } = process.env;
    const args = [
      'executor',
      '--manager',
      GIVEN_BY_PARENT,
      '--name',
      `executor-${index}`,
      '--slots',
      String(slots),
      '--cache-dir',
      join(tempDir, `executor-${index}`),
    ];
    const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...environment,
        TAGMILL_JOIN_TOKEN: joinToken,
        TAGMILL_LOG_LEVEL: process.env['TAGMILL_LOG_LEVEL'] ?? 'silent',
        // What a flag said wins over the environment in the executor as well.
        ...(s3Endpoint === undefined ? {} : { AWS_ENDPOINT_URL_S3: s3Endpoint }),
      },
    });
    this.#children.set(index, child);
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-4_000);
      if (process.env['TAGMILL_LOG_LEVEL'] !== undefined) process.stderr.write(text);
    });
    child.on('error', (error) => this.#fail(new TagmillError('WORKER_DIED', `an executor cannot be started: ${error.message}`, {}, error)));
    child.on('close', (code, signal) => this.#ended(index, code, signal, words));
    this.#tell(child);
  }

  #ended(index: number, code: number | null, signal: NodeJS.Signals | null, words: string): void {
    this.#children.delete(index);
    if (this.#stopping) return;
    const said = lastMessage(words);
    if (code !== null && code >= 2 && code < 128) {
      this.#fail(new TagmillError(said.code ?? 'WORKER_DIED', said.text === '' ? `an executor ended with ${code}` : said.text));
      return;
    }
    const how = signal ?? `exit code ${code}`;
    if ((this.#starts.get(index) ?? 0) >= STARTS_OF_ONE) {
      const last = said.text === '' ? '' : `; it said: ${said.text}`;
      this.#fail(
        new TagmillError(
          'WORKER_DIED',
          `executor-${index} died ${STARTS_OF_ONE} times (${how})${last}; look at memory and disk, then run again`,
        ),
      );
      return;
    }
    say(`executor-${index} died (${how}); its shards are done again by others, and another one is started`);
    this.#start(index);
  }
}

/** The last message that a command of ours wrote: `tagmill: CODE: what happened`. */
function lastMessage(words: string): { readonly code?: ConstructorParameters<typeof TagmillError>[0]; readonly text: string } {
  const line =
    words
      .trim()
      .split('\n')
      .findLast((one) => one.startsWith('tagmill: ')) ?? '';
  const found = /^tagmill: ([A-Z][A-Z0-9_]+): (.*)$/.exec(line);
  if (found !== null && isErrorCode(found[1]!)) return { code: found[1], text: found[2]! };
  return { text: line.replace(/^tagmill: /, '') };
}
