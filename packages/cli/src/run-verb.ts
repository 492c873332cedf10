/** What the commands that compute tags have in common: start, follow, report, exit code. */
import type { Command } from 'commander';
import type { RunRequest } from '@tagmill/manager/port';
import type { RunReport } from '@tagmill/shared/api/report';
import { ERRORS, isErrorCode, toTagmillError } from '@tagmill/shared/errors';
import { type RunFlags, requestOf } from './flags/run.ts';
import { onStop } from './lifecycle.ts';
import { openPlace } from './open-place.ts';
import type { Place } from './place.ts';
import { printJson, say } from './say.ts';
import { Bars } from './show/bars.ts';
import { failureLines, resultText } from './show/result-table.ts';

const INTERRUPTED = 130;

/** Computes what `own` says by the place that the flags name; gives the exit code. */
export async function runVerb(command: Command, own: Pick<RunRequest, 'mode' | 'tagIds' | 'userIds' | 'days'>): Promise<number> {
  const flags = command.opts<RunFlags>();
  let wasInterrupted = false;
  let interrupt = (): void => {
    // Nothing runs yet: ending cleans up.
    process.exit(INTERRUPTED);
  };
  const release = onStop({
    first: () => {
      wasInterrupted = true;
      interrupt();
    },
  });
  const place = await openPlace(command);
  try {
    const runId = await place.createRun(requestOf(flags, own));
    interrupt = () => stopOrLeave(place, runId);
    const report = await followToEnd(place, runId);
    if (flags.json) printJson(report);
    else process.stdout.write(resultText(report));
    for (const line of failureLines(report)) say(line);
    return wasInterrupted ? INTERRUPTED : exitOf(report);
  } finally {
    release();
    await place.close();
  }
}

/** Follows a run with bars on a terminal; its report once it has ended. */
export async function followToEnd(place: Place, runId: string): Promise<RunReport> {
  const bars = new Bars();
  try {
    await place.follow(runId, bars.show);
  } finally {
    bars.clear();
  }
  return place.report(runId);
}

/** First Ctrl-C: a run of our own is stopped and waited for, one of another manager is left to it. */
function stopOrLeave(place: Place, runId: string): void {
  if (!place.own) {
    say(`run ${runId} goes on in the manager; stop it there if it should not`);
    process.exit(INTERRUPTED);
  }
  say('stopping the run; what is merged stays, what is not yet merged is left as it was (again: end at once)');
  place.stopRun(runId).catch((error: unknown) => {
    // It has ended or is past stopping: following it shows how.
    say(`the run takes no stop any more: ${toTagmillError(error).message}`);
  });
}

/** 0 when all tags are done; else that of the reason why the run failed, or 1. */
export function exitOf(report: RunReport): number {
  if (report.state === 'succeeded') return 0;
  const code = report.state === 'failed' ? report.error?.code : undefined;
  return code !== undefined && isErrorCode(code) ? ERRORS[code].exit : 1;
}
