/** What happened, as bars on one axis of time. Pure; shares are parts of the axis, 0 to 1. */
import type { RecoveryReport, RecoveryStepName } from '@tagmill/shared/api/recovery';
import { beginMs, dispatchMs } from './figures.ts';

export interface TimelineRow {
  readonly name: RecoveryStepName;
  readonly left: number;
  readonly width: number;
  /** Null: under way. */
  readonly ms: number | null;
  readonly detail: string;
  /** Longer than it is drawn. */
  readonly cut: boolean;
}

export interface Timeline {
  readonly rows: readonly TimelineRow[];
  /** Where the ticks count from. */
  readonly originMs: number;
  readonly ticks: readonly { readonly at: number; readonly ms: number }[];
  readonly dispatch: number | null;
}

const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000];
const MOST_TICKS = 7;
/** Room behind the last bar for what is written there. */
const FILLED = 0.82;

/** `nowMs`, by the manager's clock, ends what is under way. */
export function timeline(report: RecoveryReport, nowMs: number): Timeline {
  const dispatch = dispatchMs(report);
  const begin = beginMs(report);
  const { startedMs } = report;
  const endOf = (endedMs: number | null, from: number): number => endedMs ?? Math.max(nowMs, from);
  const end = Math.max(startedMs + 1, dispatch ?? 0, ...report.steps.map((step) => endOf(step.endedMs, step.startedMs)));
  // A night without a manager must not make all that follows too small to see.
  const away = Math.min(startedMs - begin, end - startedMs);
  const isCut = away < startedMs - begin;
  const scale = (away + end - startedMs) / FILLED;
  const at = (ms: number): number => Math.max(0, away + ms - startedMs) / scale;
  const originMs = isCut ? startedMs : begin;
  const rows = report.steps.map((step) => ({
    name: step.name,
    left: at(step.startedMs),
    width: at(endOf(step.endedMs, step.startedMs)) - at(step.startedMs),
    ms: step.endedMs === null ? null : step.endedMs - step.startedMs,
    detail: step.detail,
    cut: isCut && step.startedMs < startedMs - away,
  }));
  return {
    rows,
    originMs,
    ticks: ticks(originMs, scale * FILLED - (isCut ? away : 0), at),
    dispatch: dispatch === null ? null : at(dispatch),
  };
}

function ticks(originMs: number, spanMs: number, at: (ms: number) => number): Timeline['ticks'] {
  const every = STEPS_MS.find((step) => spanMs / step <= MOST_TICKS) ?? Math.ceil(spanMs / MOST_TICKS / 3_600_000) * 3_600_000;
  return Array.from({ length: Math.floor(spanMs / every) + 1 }, (_, i) => ({ at: at(originMs + i * every), ms: i * every }));
}
