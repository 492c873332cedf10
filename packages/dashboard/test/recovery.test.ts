import fc from 'fast-check';
import { RECOVERY_STEPS, recoveryReport } from '@tagmill/shared/api/recovery';
import { describe, expect, it } from 'vitest';
import { freshReport, recoveredFromCopy, recoveringReport } from '../dev/fake-recovery.ts';
import { axisOf, inOrder } from '../src/recovery/candidates.tsx';
import { beginMs, dispatchMs, isFresh, openAttempts, took } from '../src/recovery/figures.ts';
import { span } from '../src/recovery/span.ts';
import { timeline } from '../src/recovery/timeline.ts';

const AT = Date.UTC(2026, 10, 21, 0, 47, 12, 200);
const report = recoveredFromCopy(AT);
const HOUR_MS = 3_600_000;
const withAway = (ms: number) => ({
  ...report,
  steps: report.steps.map((step) => (step.name === 'away' ? { ...step, startedMs: step.startedMs - ms } : step)),
});

describe('figures of a recovery report', () => {
  it('are made from reports as the manager promises them', () => {
    for (const one of [report, recoveringReport(AT), freshReport(AT)]) expect(recoveryReport.parse(one)).toEqual(one);
  });

  it('count from the last entry before to the first dispatch after', () => {
    expect(took(report)).toEqual({ ms: 6_400, until: 'dispatch' });
    expect(took(withAway(9 * HOUR_MS))).toEqual({ ms: 9 * HOUR_MS + 6_400, until: 'dispatch' });
  });

  it('do not count a run that somebody asked for hours later as part of the recovery', () => {
    const later = { ...report, firstDispatchMs: AT + 5 * HOUR_MS };
    expect(dispatchMs(later)).toBeNull();
    expect(took(later)).toEqual({ ms: 6_400, until: 'ready' });
    expect(took({ ...report, firstDispatchMs: null })).toEqual({ ms: 6_400, until: 'ready' });
  });

  it('say nothing of how long it took before it is over', () => {
    expect(took(recoveringReport(AT))).toBeNull();
    const open = {
      ...report,
      firstDispatchMs: null,
      steps: report.steps.map((step, at) => (at === 6 ? { ...step, endedMs: null } : step)),
    };
    expect(took(open)).toBeNull();
  });

  it('count what is not settled, and never below nothing', () => {
    expect(openAttempts(report)).toBe(0);
    expect(openAttempts({ ...report, attempts: { ...report.attempts, kept: 30 } })).toBe(5);
    expect(openAttempts({ ...report, attempts: { ...report.attempts, kept: 99 } })).toBe(0);
  });

  it('call a start fresh only when nothing was lost by it', () => {
    expect(isFresh(freshReport(AT))).toBe(true);
    expect(isFresh({ ...freshReport(AT), entriesLost: 3 })).toBe(false);
    expect(isFresh({ ...freshReport(AT), entriesLost: null })).toBe(false);
    expect(isFresh(report)).toBe(false);
  });

  it('write short times with their unit', () => {
    expect([0, 40, 99.6, 100, 6_400, 59_949, 60_000, 9 * HOUR_MS].map(span)).toEqual([
      '0 ms',
      '40 ms',
      '100 ms',
      '0.1 s',
      '6.4 s',
      '59.9 s',
      '1m 00s',
      '9h 00m',
    ]);
  });
});

describe('candidates', () => {
  it('begin with the winner and end with what is missing', () => {
    const names = inOrder(report.candidates).map((one) => one.name);
    expect(names[0]).toBe('exec-02');
    expect(names.slice(-2)).toEqual(['exec-06', 'exec-03']);
    expect([...names].sort()).toEqual(report.candidates.map((one) => one.name).sort());
  });

  it('begin with the winner also where a person chose one that holds less', () => {
    const chosen = report.candidates.map((one) => ({
      ...one,
      verdict: one.name === 'exec-04' ? ('wins' as const) : one.verdict === 'wins' ? ('not-used' as const) : one.verdict,
    }));
    expect(inOrder(chosen)[0]!.name).toBe('exec-04');
  });

  it('share one axis that holds every snapshot and every head', () => {
    const { from, to } = axisOf(report.candidates);
    expect(to).toBe(48_252_117);
    expect(from).toBeLessThan(48_190_000);
    expect(axisOf([])).toEqual({ from: expect.any(Number), to: 1 });
    const one = { ...report.candidates[0]!, seq: 0, snapshotSeq: null };
    expect(axisOf([one]).to).toBeGreaterThan(axisOf([one]).from);
  });
});

describe('what happened', () => {
  it('draws the steps one behind the other up to the dispatch', () => {
    const { rows, dispatch, originMs, ticks } = timeline(report, AT);
    expect(rows.map((row) => row.name)).toEqual(RECOVERY_STEPS);
    expect(rows[0]).toMatchObject({ left: 0, ms: 2_100, cut: false });
    expect(rows.at(-1)!.left + rows.at(-1)!.width).toBeCloseTo(dispatch!, 6);
    expect(originMs).toBe(beginMs(report));
    expect(ticks.map((tick) => tick.ms)).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000]);
  });

  it('cuts a night without a manager, and counts from the start instead', () => {
    const { rows, originMs, ticks } = timeline(withAway(9 * HOUR_MS), AT);
    expect(rows[0]).toMatchObject({ left: 0, ms: 9 * HOUR_MS + 2_100, cut: true });
    expect(rows[0]!.width).toBeLessThan(0.5);
    expect(originMs).toBe(report.startedMs);
    expect(ticks[0]!.at).toBeCloseTo(rows[1]!.left, 6);
  });

  it('lets what is under way grow with the clock', () => {
    const busy = recoveringReport(AT);
    expect(timeline(busy, AT).rows.at(-1)).toMatchObject({ name: 'collect', ms: null });
    const [soon, later] = [AT + 1_000, AT + 4_000].map((nowMs) => timeline(busy, nowMs).rows);
    expect(later!.at(-1)!.width).toBeGreaterThan(soon!.at(-1)!.width);
    expect(later![0]!.width).toBeLessThan(soon![0]!.width);
  });

  it('keeps every bar, tick and the dispatch within the axis, whatever the times are', () => {
    const anySteps = fc.array(fc.tuple(fc.nat(20_000_000), fc.option(fc.nat(200_000))), { maxLength: 8 });
    fc.assert(
      fc.property(anySteps, fc.option(fc.nat(400_000)), fc.nat(300_000), (steps, dispatched, now) => {
        const any = {
          ...report,
          firstDispatchMs: dispatched === null ? null : report.startedMs + dispatched,
          steps: steps.map(([from, length], at) => {
            const startedMs = at === 0 ? report.startedMs - from : report.startedMs + (from % 200_000);
            return {
              name: RECOVERY_STEPS[at]!,
              startedMs,
              endedMs: length === null ? null : Math.max(startedMs + length, at === 0 ? 0 : startedMs),
              detail: '',
            };
          }),
        };
        const { rows, ticks, dispatch } = timeline(any, report.startedMs + now);
        for (const { left, width } of rows) {
          expect(left).toBeGreaterThanOrEqual(0);
          expect(width).toBeGreaterThanOrEqual(0);
          expect(left + width).toBeLessThanOrEqual(0.83);
        }
        for (const { at } of ticks) expect(at).toBeLessThanOrEqual(0.83);
        expect(ticks.length).toBeLessThanOrEqual(8);
        if (dispatch !== null) expect(dispatch).toBeLessThanOrEqual(0.83);
      }),
    );
  });
});
