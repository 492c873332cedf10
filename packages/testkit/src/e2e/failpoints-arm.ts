/**
 * Preloaded into every process and thread of a fleet under test (`--import`):
 * puts the hook in place that failpoints call. What is armed stands in a folder
 * that the test names in TAGMILL_TEST_FAILPOINTS and may change at any time.
 * Loads nothing of the product.
 */
import { existsSync, openSync, readFileSync, statSync, writeSync, closeSync, writeFileSync, appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { Armed, Taken, Victim } from './failpoints-control.ts';

const FOLDER = process.env['TAGMILL_TEST_FAILPOINTS'];
/** Must be that of shared/src/failpoint.ts, which must not be loaded before the hook is there. */
const HOOK = Symbol.for('tagmill.failpoints');
const ASKED_AT_MOST_MS = 20_000;
const pauseCell = new Int32Array(new SharedArrayBuffer(4));
const pauseMs = (ms: number): void => void Atomics.wait(pauseCell, 0, 0, ms);

type Role = 'manager' | 'executor' | 'worker';

/** By the command line: neither manager nor executor knows that it is watched. A thread has no command line of its own. */
function roleOf(argv: readonly string[]): Role | undefined {
  if (!isMainThread) return process.env['TAGMILL_TEST_ROLE'] as Role | undefined;
  const role = basename(argv[1] ?? '') === 'worker-main.ts' ? 'worker' : argv[2];
  if (role !== 'worker' && role !== 'manager' && role !== 'executor') return undefined;
  process.env['TAGMILL_TEST_ROLE'] = role;
  return role;
}

function executorName(role: Role): string {
  if (role === 'executor') {
    const name = process.argv[process.argv.indexOf('--name') + 1] ?? '';
    // Its workers find it there.
    process.env['TAGMILL_TEST_EXECUTOR'] = name;
    return name;
  }
  return role === 'worker' ? (process.env['TAGMILL_TEST_EXECUTOR'] ?? '') : '';
}

class Points {
  readonly #folder: string;
  readonly #role: Role;
  readonly #executor: string;
  readonly #seen = new Set<string>();
  readonly #hits = new Map<number, number>();
  #stamp = '';
  #armed: readonly Armed[] = [];

  constructor(folder: string, role: Role) {
    this.#folder = folder;
    this.#role = role;
    this.#executor = executorName(role);
    const process_ = role === 'manager' ? role : `${role}-${this.#executor}`;
    if (isMainThread) writeFileSync(join(folder, `pid-${process_}`), String(process.pid));
  }

  hit(point: string): void {
    if (!this.#seen.has(point)) {
      this.#seen.add(point);
      appendFileSync(join(this.#folder, 'seen'), `${point}\n`);
    }
    for (const armed of this.#read()) {
      if (armed.point !== point || (armed.of !== undefined && armed.of !== this.#executor)) continue;
      const hits = (this.#hits.get(armed.id) ?? 0) + 1;
      this.#hits.set(armed.id, hits);
      if (hits >= armed.hit) this.#strike(armed);
    }
  }

  #read(): readonly Armed[] {
    const path = join(this.#folder, 'armed.json');
    const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
    const stamp = stats === undefined ? '' : `${stats.ino} ${stats.mtimeNs}`;
    if (stamp !== this.#stamp) {
      this.#stamp = stamp;
      this.#armed = stamp === '' ? [] : (JSON.parse(readFileSync(path, 'utf8')) as readonly Armed[]);
    }
    return this.#armed;
  }

  #strike(armed: Armed): void {
    const pid = this.#pidOf(armed.victim);
    if (pid === undefined || !this.#take(armed, pid)) return;
    switch (armed.deed) {
      case 'kill':
        end(pid, 'SIGKILL');
        return;
      case 'stop':
        end(pid, 'SIGSTOP');
        return;
      case 'ask': {
        const deadline = performance.now() + ASKED_AT_MOST_MS;
        while (!existsSync(join(this.#folder, `go-${armed.id}`)) && performance.now() < deadline) pauseMs(1);
        return;
      }
      case 'fail':
        throw Object.assign(new Error(`EIO: i/o error at the failpoint ${armed.point}`), { code: 'EIO', errno: -5 });
    }
  }

  /** True for the one of all processes and threads that may act. */
  #take(armed: Armed, pid: number): boolean {
    try {
      const file = openSync(join(this.#folder, `taken-${armed.id}`), 'wx');
      const taken: Taken = { pid, by: process.pid };
      writeSync(file, JSON.stringify(taken));
      closeSync(file);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
  }

  #pidOf(victim: Victim): number | undefined {
    if (victim === this.#role) return process.pid;
    // The parent of an orphan is somebody else.
    if (victim === 'executor' && this.#role === 'worker') return this.#isOurs(process.ppid) ? process.ppid : undefined;
    const name = victim === 'manager' ? victim : `${victim}-${this.#role === 'manager' ? 'one' : this.#executor}`;
    const path = join(this.#folder, `pid-${name}`);
    if (!existsSync(path)) return undefined;
    const pid = Number(readFileSync(path, 'utf8'));
    return pid > 0 && this.#isOurs(pid) ? pid : undefined;
  }

  /** The number may be another process's by now. */
  #isOurs(pid: number): boolean {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`TAGMILL_TEST_FAILPOINTS=${this.#folder}\0`);
    } catch (error) {
      return error instanceof Error && !('code' in error);
    }
  }
}

/** Of this process too: then nothing of it runs on but what the kernel lets through until it looks. */
function end(pid: number, signal: 'SIGKILL' | 'SIGSTOP'): void {
  process.kill(pid, signal);
  if (pid === process.pid) pauseMs(signal === 'SIGKILL' ? ASKED_AT_MOST_MS : 30);
}

const role = roleOf(process.argv);
if (FOLDER !== undefined && role !== undefined) {
  const points = new Points(FOLDER, role);
  (globalThis as Record<symbol, unknown>)[HOOK] = (point: string): void => points.hit(point);
}
