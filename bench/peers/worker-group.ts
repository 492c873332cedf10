/** Worker processes of a peer, which say how many jobs they have done. */
import type { ChildProcess } from 'node:child_process';
import { endChild, spawnNode } from '../lib/child.ts';
import { cpuSecondsOf } from '../lib/processes.ts';
import type { FromPeerWorker } from './tell-done.ts';

export class WorkerGroup {
  readonly #children: readonly ChildProcess[];
  readonly #done: number[];
  #listener: () => void = () => undefined;
  #failure: Error | undefined;

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
    this.#done = children.map(() => 0);
    for (const [index, child] of children.entries()) {
      child.stdout?.resume();
      child.stderr?.pipe(process.stderr);
      child.on('message', (message: FromPeerWorker) => {
        this.#done[index] = message.done ?? this.#done[index]!;
        this.#listener();
      });
      child.on('exit', (code, signal) => {
        this.#failure = new Error(`a worker process of a peer ended with ${code ?? signal}`);
        this.#listener();
      });
    }
  }

  /** Resolves when each has said that it is ready. */
  static async start(count: number, script: string, args: readonly string[]): Promise<WorkerGroup> {
    const children = Array.from({ length: count }, () => spawnNode(script, args));
    const ready = children.map(
      (child) =>
        new Promise<void>((resolve, reject) => {
          child.on('message', (message: FromPeerWorker) => (message.ready === true ? resolve() : undefined));
          child.once('exit', (code) => reject(new Error(`${script} ended with ${code} before it was ready`)));
        }),
    );
    const group = new WorkerGroup(children);
    try {
      await Promise.all(ready);
      return group;
    } catch (error) {
      await group.end();
      throw error;
    }
  }

  get done(): number {
    return this.#done.reduce((sum, one) => sum + one, 0);
  }

  get cpuSeconds(): number {
    return this.#children.reduce((sum, child) => sum + cpuSecondsOf(child.pid ?? 0), 0);
  }

  /** Resolves when all together have done so many since they were started. */
  untilDone(jobs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#listener = () => {
        if (this.#failure !== undefined) reject(this.#failure);
        else if (this.done >= jobs) resolve();
      };
      this.#listener();
    });
  }

  async end(): Promise<void> {
    await Promise.all(this.#children.map((child) => endChild(child)));
  }
}
