/** A manager and executors as processes of their own, as an operator starts them: TLS, join token, API key, journal and copies at their defaults. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../packages/testkit/src/e2e/free-port.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { endChild, said, spawnNode } from './child.ts';
import { cpuSecondsOf, treeOf } from './processes.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
const SECRETS = { TAGMILL_JOIN_TOKEN: 'join-token-of-benchmarks', TAGMILL_API_KEY: 'api-key-of-benchmarks' } as const;
/** Shards of one run that the API takes. */
const RUN_SHARDS = 1_000_000;
/** Looking costs CPU that is counted as ours, and what it finds late is counted as ours, too. */
const LOOK_MS = 20;

export class BenchFleet {
  readonly directory: string;
  readonly #certificate: Certificate;
  readonly #agent: Agent;
  readonly #children: ChildProcess[] = [];
  #manager: ChildProcess | undefined;
  /** 0: any free one, a new one with each start. */
  #ports = { http: 0, grpc: 0 };
  #http = '';
  #grpc = '';

  private constructor(directory: string, certificate: Certificate) {
    this.directory = directory;
    this.#certificate = certificate;
    this.#agent = new Agent({ keepAlive: true, ca: readFileSync(certificate.certFile) });
  }

  /** Errors: what the manager says when it does not start. */
  static async start(executors: number, { keepsPorts = false } = {}): Promise<BenchFleet> {
    const directory = await mkdtemp(join(tmpdir(), 'tagmill-bench-fleet-'));
    const fleet = new BenchFleet(directory, await makeCertificate(directory));
    try {
      if (keepsPorts) fleet.#ports = { http: await freePort(), grpc: await freePort() };
      await fleet.startManager();
      for (let index = 0; index < executors; index += 1) fleet.#startExecutor(`bench-${index}`);
      await fleet.#untilJoined(executors);
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  /** Submits shards that do nothing and resolves when the API says that the last of them is confirmed. */
  async runNoop(shards: number): Promise<void> {
    const runs: string[] = [];
    for (let left = shards; left > 0; left -= RUN_SHARDS) {
      const answer = await this.call('POST', '/api/v1/runs', { mode: 'noop', shards: Math.min(left, RUN_SHARDS) });
      runs.push((answer as { run_id: string }).run_id);
    }
    for (const run of runs) await this.#ended(run);
  }

  /** User and system time of manager and executors with their workers until now, seconds. */
  cpuSeconds(): number {
    return this.#children.reduce((sum, child) => sum + cpuSecondsOf(child.pid ?? 0), 0);
  }

  async stop(): Promise<void> {
    // Executors first: they do not dial a manager that is gone.
    for (const child of [...this.#children].reverse()) await endChild(child);
    this.#agent.destroy();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Starts a manager, or one again after its end; gives the time at which its process was made, ms since 1970. */
  async startManager(): Promise<number> {
    const { certFile, keyFile } = this.#certificate;
    const startedMs = Date.now();
    const child = this.#spawn('manager', {
      database: `sqlite:${join(this.directory, 'tags.sqlite')}`,
      tables: this.directory,
      'data-dir': join(this.directory, 'manager'),
      http: `127.0.0.1:${this.#ports.http}`,
      grpc: `127.0.0.1:${this.#ports.grpc}`,
      'tls-cert': certFile,
      'tls-key': keyFile,
      'log-level': 'error',
    });
    this.#manager = child;
    const [, http, grpc] = await said(child, /dashboard and REST at (\S+), executors join at (\S+)/);
    this.#http = http!;
    // A certificate names hosts: Node warns of addresses.
    this.#grpc = grpc!.replace('127.0.0.1', 'localhost');
    return startedMs;
  }

  async endManager(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (this.#manager !== undefined) await endChild(this.#manager, signal);
  }

  /** Stops worker processes of executors where they are, or lets them go on. */
  signalWorkers(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const child of this.#children) {
      if (child === this.#manager || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      for (const { pid } of treeOf(child.pid)) if (pid !== child.pid) process.kill(pid, signal);
    }
  }

  #startExecutor(name: string): void {
    const child = this.#spawn('executor', {
      manager: this.#grpc,
      name,
      slots: '1',
      'tls-ca': this.#certificate.certFile,
      'cache-dir': join(this.directory, name),
      'log-level': 'error',
    });
    child.stdout?.resume();
    child.stderr?.pipe(process.stderr);
  }

  #spawn(verb: string, flags: Readonly<Record<string, string>>): ChildProcess {
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]);
    const profile = process.env['TAGMILL_BENCH_PROFILE'];
    const child = spawnNode(CLI, [verb, ...args], SECRETS, profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]);
    this.#children.push(child);
    return child;
  }

  async #untilJoined(executors: number): Promise<void> {
    for (;;) {
      const { executors: there } = (await this.call('GET', '/api/v1/executors')) as { executors: { state: string }[] };
      if (there.filter((one) => one.state === 'connected').length === executors) return;
      await sleep(LOOK_MS);
    }
  }

  async #ended(run: string): Promise<void> {
    for (;;) {
      const { state } = (await this.call('GET', `/api/v1/runs/${run}`)) as { state: string };
      if (state === 'succeeded') return;
      if (state !== 'running' && state !== 'queued') throw new Error(`run ${run} of tiny shards ended as ${state}`);
      await sleep(LOOK_MS);
    }
  }

  /** What the API answers. Errors: its refusals, and those of the connection. */
  call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${SECRETS.TAGMILL_API_KEY}`, 'content-type': 'application/json' };
      const call = request(`${this.#http}${path}`, { method, headers, agent: this.#agent }, (answer) => {
        text(answer).then((words) => {
          if ((answer.statusCode ?? 0) < 300) resolve(JSON.parse(words));
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${words}`));
        }, reject);
      });
      call.once('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}
