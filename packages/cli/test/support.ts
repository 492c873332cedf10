/** Runs the real command line in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const MAIN = join(ROOT, 'packages', 'cli', 'src', 'main.ts');
export const FIXTURES = join(ROOT, 'packages', 'testkit', 'fixtures');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when the words have come on stdout or stderr; rejects when the process ends without them. */
  said(words: RegExp): Promise<RegExpExecArray>;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Text on stdin; nothing when absent. */
  readonly input?: string;
}

/** The environment of tests: nothing of the machine's own settings. */
function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(TAGMILL_|AWS_)/.test(name) && name !== 'NODE_OPTIONS');
  return { ...Object.fromEntries(kept), ...extra };
}

const alive = new Set<ChildProcess>();

/** Ends what a failed test left running: for `afterEach`. */
export function endAll(): void {
  for (const child of alive) child.kill('SIGKILL');
}

export function start(args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: environment(options.env ?? {}),
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(options.input);
  alive.add(child);
  let [stdout, stderr] = ['', ''];
  const listeners = new Set<() => void>();
  const hear = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    hear();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    hear();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      alive.delete(child);
      resolve({ code, stdout, stderr });
    });
  });
  const said = (words: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const listen = (): void => {
        const found = words.exec(stdout) ?? words.exec(stderr);
        if (found === null) return;
        listeners.delete(listen);
        resolve(found);
      };
      listeners.add(listen);
      listen();
      ended.then(
        (end) => reject(new Error(`ended with ${end.code} before it said ${words}: ${end.stderr}`)),
        (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
      );
    });
  return { child, ended, said };
}

export const run = (args: readonly string[], options: RunOptions = {}): Promise<Ended> => start(args, options).ended;

/** A folder that is removed at the end of the block: `using folder = tempFolder()`. */
export function tempFolder(): { readonly path: string; [Symbol.dispose]: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'tagmill-cli-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
