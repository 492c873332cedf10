/** Runs a command from process start to process end, with the memory of what it starts. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { commandLineOf, residentBytes, residentWithFilesBytes, treeOf } from './processes.ts';

/** Often enough to see a peak of seconds, rare enough to cost nothing. */
const SAMPLE_MS = 250;

export interface MemoryPeaks {
  /** All processes of the command together, bytes. */
  readonly allBytes: number;
  /** The executor that took most, with its workers: its own memory, and with the files that it has mapped. 0 without executors. */
  readonly executorBytes: number;
  readonly executorWithFilesBytes: number;
}

export interface TimedCommand {
  readonly seconds: number;
  readonly stdout: string;
  readonly peaks: MemoryPeaks;
}

/** Throws with the last words of stderr when the command does not end with 0. */
export async function timeCommand(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<TimedCommand> {
  const startedAt = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const peaks = { allBytes: 0, executorBytes: 0, executorWithFilesBytes: 0 };
  const timer = setInterval(() => samplePeaks(child.pid ?? 0, peaks), SAMPLE_MS);
  const ended = new Promise<{ readonly how: string; readonly seconds: number }>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ how: String(code ?? signal), seconds: (performance.now() - startedAt) / 1000 }));
  });
  try {
    const [{ how, seconds }, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (how !== '0') throw new Error(`${command} ended with ${how}:\n${stderr.slice(-4_000)}`);
    return { seconds, stdout, peaks };
  } finally {
    clearInterval(timer);
  }
}

function samplePeaks(root: number, peaks: { allBytes: number; executorBytes: number; executorWithFilesBytes: number }): void {
  const tree = treeOf(root);
  const all = tree.reduce((sum, { pid }) => sum + residentBytes(pid), 0);
  peaks.allBytes = Math.max(peaks.allBytes, all);
  for (const { pid } of tree) {
    if (!/main\.ts executor /.test(commandLineOf(pid))) continue;
    const processes = treeOf(pid);
    const bytes = processes.reduce((sum, one) => sum + residentBytes(one.pid), 0);
    const withFiles = processes.reduce((sum, one) => sum + residentWithFilesBytes(one.pid), 0);
    peaks.executorBytes = Math.max(peaks.executorBytes, bytes);
    peaks.executorWithFilesBytes = Math.max(peaks.executorWithFilesBytes, withFiles);
  }
}
