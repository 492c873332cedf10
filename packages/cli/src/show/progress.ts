/** How far a run is, step by step, from the feed's tables. Pure. */
import type { FeedTables } from '@tagmill/shared/feed/reducer';
import type { InstanceRecord, RunRecord } from '@tagmill/shared/feed/views';

export const SHOWN_STEPS = ['plan', 'evaluate', 'check', 'merge'] as const;
export type ShownStep = (typeof SHOWN_STEPS)[number];

export interface StepProgress {
  readonly step: ShownStep;
  readonly done: number;
  readonly total: number;
  readonly state: 'waiting' | 'running' | 'done';
}

const ENDED = new Set(['succeeded', 'failed', 'skipped', 'stopped']);
const isShown = (step: string | null): step is ShownStep => SHOWN_STEPS.some((one) => one === step);

/** Progress of every step; what was seen before stays done when the tags have moved on. */
export function progressOf(tables: FeedTables, before: readonly StepProgress[]): readonly StepProgress[] {
  // Records of the run topic, by the contract of feed/views.ts.
  const instances = Object.values(tables['instances'] ?? {}) as unknown as readonly InstanceRecord[];
  const run = Object.values(tables['run'] ?? {})[0] as unknown as RunRecord | undefined;
  const running = instances.filter((one) => !ENDED.has(one.state) && isShown(one.step));
  const furthest = Math.max(-1, ...running.map((one) => SHOWN_STEPS.indexOf(one.step as ShownStep)));
  const isOver = run !== undefined && ENDED.has(run.state === 'partial' ? 'succeeded' : run.state);
  return SHOWN_STEPS.map((step, index) => {
    const at = running.filter((one) => one.step === step && one.shardsTotal > 0);
    const old = before.find((one) => one.step === step);
    if (at.length === 0) {
      const passed = isOver ? old?.state === 'running' : index < furthest || old?.state === 'done';
      const total = old?.total ?? 0;
      return {
        step,
        done: passed ? total : (old?.done ?? 0),
        total,
        state: passed ? 'done' : index === furthest ? 'running' : (old?.state ?? 'waiting'),
      };
    }
    const least = at.reduce((a, b) => (b.shardsDone / b.shardsTotal < a.shardsDone / a.shardsTotal ? b : a));
    return { step, done: least.shardsDone, total: least.shardsTotal, state: 'running' };
  });
}

const WIDTH = 24;

/** One line a step: name, bar, shards done of all. */
export function progressLines(steps: readonly StepProgress[]): readonly string[] {
  return steps.map(({ step, done, total, state }) => {
    const share = state === 'done' ? 1 : total === 0 ? 0 : done / total;
    const full = Math.round(share * WIDTH);
    const count =
      total === 0
        ? state === 'running'
          ? 'under way'
          : state
        : `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} shards`;
    return `${step.padEnd(9)} ${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${count}`;
  });
}
