/** The product as its users start it: the command line, from process start to process end. */
import { fileURLToPath } from 'node:url';
import type { RunReport } from '../../packages/shared/src/api/report.ts';
import { type MemoryPeaks, timeCommand } from './timed-command.ts';

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));

/** Runs a verb that only has to be done. */
export async function tagmill(args: readonly string[]): Promise<void> {
  await timeCommand(process.execPath, [CLI, ...args]);
}

export interface TimedRun {
  readonly seconds: number;
  readonly report: RunReport;
  readonly peaks: MemoryPeaks;
}

/** `tagmill task-all` with its defaults. Throws unless all tags succeeded. */
export async function timeTaskAll(database: string, tables: string): Promise<TimedRun> {
  const { seconds, stdout, peaks } = await timeCommand(process.execPath, [
    CLI,
    'task-all',
    '--database',
    database,
    '--tables',
    tables,
    '--json',
  ]);
  const report = JSON.parse(stdout) as RunReport;
  if (report.state !== 'succeeded') throw new Error(`the run ended as ${report.state}`);
  return { seconds, report, peaks };
}
