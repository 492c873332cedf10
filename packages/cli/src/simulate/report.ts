/** Simulates a graph under growing losses and sums up what happens. */
import { simulateWorkflow, type Workflow, type WorkflowEnd } from '@tagmill/testkit/world/workflow';

export interface LossOutcome {
  /** Executors that are lost. */
  readonly lost: number;
  readonly seeds: number;
  /** Seeds in which every task succeeded. */
  readonly succeeded: number;
  readonly medianMs: number | null;
  readonly worstMs: number | null;
  readonly redoneMedian: number;
  readonly redoneWorst: number;
  /** What became of a seed that did not succeed, the most frequent first. */
  readonly failures: readonly { readonly sentence: string; readonly seeds: number }[];
}

/** Without losses first: its median says within which time executors are lost. */
export function outcomes(workflow: Workflow, losses: readonly number[], seeds: number, backAfterMs: number | undefined): LossOutcome[] {
  const withinMs = median(run(workflow, 0, seeds, 0, undefined).map((end) => end.finishedMs)) ?? 0;
  return losses.map((lost) => summed(lost, run(workflow, lost, seeds, withinMs, backAfterMs)));
}

function run(workflow: Workflow, lost: number, seeds: number, withinMs: number, backAfterMs: number | undefined): WorkflowEnd[] {
  const loss = { executors: lost, withinMs, ...(backAfterMs === undefined ? {} : { backAfterMs }) };
  return Array.from({ length: seeds }, (_, i) => simulateWorkflow(workflow, i + 1, loss));
}

function summed(lost: number, ends: readonly WorkflowEnd[]): LossOutcome {
  const good = ends.filter((end) => end.succeeded);
  const times = good.map((end) => end.finishedMs);
  const redone = ends.map((end) => end.redone);
  const counts = new Map<string, number>();
  for (const end of ends) {
    if (end.succeeded) continue;
    const sentence = end.ended ? (end.failure ?? 'a task did not succeed') : 'it never ended: no executor was left to go on';
    counts.set(sentence, (counts.get(sentence) ?? 0) + 1);
  }
  return {
    lost,
    seeds: ends.length,
    succeeded: good.length,
    medianMs: median(times) ?? null,
    worstMs: times.length === 0 ? null : Math.max(...times),
    redoneMedian: median(redone) ?? 0,
    redoneWorst: Math.max(0, ...redone),
    failures: [...counts].map(([sentence, times]) => ({ sentence, seeds: times })).sort((a, b) => b.seeds - a.seeds),
  };
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1];
}
