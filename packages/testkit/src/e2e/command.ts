/** The real command line, each call in a process of its own, with nothing of the machine's own settings. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));
export const FIXTURES = fileURLToPath(new URL('../../fixtures', import.meta.url));
/** Not even a test waits for ever: a process that runs longer than this is killed, unless it is told otherwise. */
const MOST_MS = 180_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves when the words have come on stdout or stderr; rejects when the process ends without them. */
  said(words: RegExp): Promise<RegExpExecArray>;
  /** What it has written on stderr by now. */
  readonly stderr: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** For Node itself, before the command. */
  readonly nodeArgs?: readonly string[];
  /** How long it may run. */
  readonly mostMs?: number;
}

const alive = new Set<ChildProcess>();

/** Ends what a failed test left running. */
export function endAll(): void {
  for (const child of alive) {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
  }
}

function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(TAGMILL_|AWS_|VITEST)/.test(name) && name !== 'NODE_OPTIONS');
  return { ...Object.fromEntries(kept), ...extra };
}

/** Starts a command; it runs until it ends or is killed. */
export function start(args: readonly string[], options: CommandOptions = {}): Running {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...(options.nodeArgs ?? []), MAIN, ...args], {
    cwd: options.cwd ?? FIXTURES,
    env: environment(options.env ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  alive.add(child);
  let [stdout, stderr] = ['', ''];
  const listeners = new Set<() => void>();
  const hear = (): void => {
    for (const listener of [...listeners]) listener();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    hear();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    hear();
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), options.mostMs ?? MOST_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      alive.delete(child);
      resolve({ code, signal, stdout, stderr });
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
        (end) => reject(new Error(`ended with ${end.code ?? end.signal} before it said ${words}: ${end.stderr}`)),
        (error: unknown) => reject(error instanceof Error ? error : new Error(String(error))),
      );
    });
  return {
    child,
    pid: child.pid ?? 0,
    ended,
    said,
    get stderr() {
      return stderr;
    },
  };
}

export const run = (args: readonly string[], options: CommandOptions = {}): Promise<Ended> => start(args, options).ended;

/** Looks again until there is something; for events that nothing tells. Bounded, and says what did not come. */
export async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined, everyMs = 20): Promise<T> {
  const deadline = performance.now() + 90_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what}: did not come in 90 s`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
