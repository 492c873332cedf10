/** The manager with probes and executors with probes, each in processes of their own, over TLS. */
import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Certificate, makeCertificate } from '../lib/certificate.ts';
import { endChild, spawnNode } from '../lib/child.ts';
import { cpuSecondsOf } from '../lib/processes.ts';
import type { Answer, CallName, ManagerCalls } from './calls.ts';

const MANAGER = fileURLToPath(new URL('./manager-main.ts', import.meta.url));
const PROBE = fileURLToPath(new URL('./worker-probe.ts', import.meta.url));
const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
export const SECRETS = { TAGMILL_JOIN_TOKEN: 'join-token-of-benchmarks', TAGMILL_API_KEY: 'api-key-of-benchmarks' } as const;

/** What the manager's process has to end by itself: a profile may have to be written. */
const END_MS = 10_000;

/** When a worker of an executor had a batch in its handler, and how many shards. */
export interface Started {
  readonly atMs: number;
  readonly shards: number;
}

export class InsideFleet {
  readonly directory = mkdtempSync(join(tmpdir(), 'tagmill-bench-inside-'));
  readonly executors = new Map<string, ChildProcess>();
  grpcAddress = '';
  certificate!: Certificate;
  #manager!: ChildProcess;
  #nextId = 1;
  readonly #waiting = new Map<number, (answer: Answer) => void>();

  private constructor() {
    mkdirSync(join(this.directory, 'probes'));
  }

  static async start(flags: Readonly<Record<string, string>> = {}): Promise<InsideFleet> {
    const fleet = new InsideFleet();
    try {
      await fleet.#startManager(flags);
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  get managerPid(): number {
    return this.#manager.pid ?? 0;
  }

  get cpuSeconds(): number {
    return cpuSecondsOf(this.managerPid);
  }

  /** Errors: what went wrong in the manager's process. */
  call<N extends CallName>(name: N, ...args: Parameters<ManagerCalls[N]>): Promise<ReturnType<ManagerCalls[N]>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) =>
        error === undefined ? resolve(value as ReturnType<ManagerCalls[N]>) : reject(new Error(error)),
      );
      this.#manager.send({ id, name, args });
    });
  }

  /** Executors that are there when this resolves: those of before and these. */
  async addExecutors(count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) this.#startExecutor(`bench-${this.executors.size}`);
    await this.untilConnected(this.executors.size);
  }

  async untilConnected(count: number): Promise<void> {
    while ((await this.call('connected')) < count) await sleep(10);
  }

  /** What the worker of an executor has had in its handler until now, in order. Waits until it has written down `shards` of them. */
  async started(name: string, shards: number): Promise<Started[]> {
    for (;;) {
      const found = this.#read(name);
      if (found.reduce((sum, one) => sum + one.shards, 0) >= shards) return found;
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    for (const child of this.executors.values()) {
      child.kill('SIGCONT');
      await endChild(child, 'SIGKILL');
    }
    if (this.#manager.connected) {
      const gone = new Promise((resolve) => this.#manager.once('exit', resolve));
      await this.call('stop');
      await Promise.race([gone, sleep(END_MS)]);
    }
    await endChild(this.#manager);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }

  #read(name: string): Started[] {
    try {
      const bytes = readFileSync(join(this.directory, 'probes', String(this.executors.get(name)?.pid)));
      const numbers = new Float64Array(new Uint8Array(bytes.subarray(0, bytes.length - (bytes.length % 16))).buffer);
      return Array.from({ length: numbers.length / 2 }, (_, i) => ({ atMs: numbers[2 * i]!, shards: numbers[2 * i + 1]! }));
    } catch (error) {
      // Its worker is not there before its first shard.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async #startManager(flags: Readonly<Record<string, string>>): Promise<void> {
    this.certificate = await makeCertificate(this.directory);
    const profile = process.env['TAGMILL_BENCH_PROFILE'];
    this.#manager = spawnNode(MANAGER, [], SECRETS, profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]);
    this.#manager.stdout?.pipe(process.stderr);
    this.#manager.stderr?.pipe(process.stderr);
    const ready = new Promise<void>((resolve, reject) => {
      this.#waiting.set(0, () => resolve());
      this.#manager.once('exit', (code, signal) => reject(new Error(`the manager with probes ended with ${code ?? signal}`)));
    });
    this.#manager.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    await ready;
    const { grpcAddress } = await this.call('start', {
      database: `sqlite:${join(this.directory, 'tags.sqlite')}`,
      tables: this.directory,
      'data-dir': join(this.directory, 'manager'),
      http: '127.0.0.1:0',
      grpc: '127.0.0.1:0',
      'tls-cert': this.certificate.certFile,
      'tls-key': this.certificate.keyFile,
      'log-level': 'error',
      ...flags,
    });
    this.grpcAddress = grpcAddress.replace('127.0.0.1', 'localhost');
  }

  #startExecutor(name: string): void {
    const flags = { manager: this.grpcAddress, name, slots: '1', 'tls-ca': this.certificate.certFile, 'log-level': 'error' };
    const args = Object.entries({ ...flags, 'cache-dir': join(this.directory, name) }).flatMap(([key, value]) => [`--${key}`, value]);
    const env = { ...SECRETS, TAGMILL_BENCH_PROBES: join(this.directory, 'probes') };
    const child = spawnNode(CLI, ['executor', ...args], env, ['--import', PROBE]);
    child.stdout?.resume();
    child.stderr?.pipe(process.stderr);
    this.executors.set(name, child);
  }
}
