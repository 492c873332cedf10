/** Why an instance waits: what the core knows, and before it what keeps the whole manager back. */
import type { WaitCause, WaitNode, WhyAnswer } from '@tagmill/shared/api/why';
import type { Run } from '../core/run.ts';
import type { ManagerState } from '../core/state.ts';
import { STATES } from '../core/states/table.ts';
import { waitHistory } from '../core/why/history.ts';
import { type WaitNode as CoreNode, whyTree } from '../core/why/tree.ts';

/** What keeps everything back; absent: nothing does. */
export interface KeptBack {
  readonly journal?: { readonly sentence: string; readonly sinceMs: number | null };
  readonly copy?: string;
}

export function whyAnswer(state: ManagerState, run: Run, row: number, kept: KeptBack, nowMs: number): WhyAnswer {
  const found = shownNode(whyTree(state, run, row));
  const above = STATES[run.stateAt(row)].terminal ? [] : causesAbove(kept);
  return {
    now: { ...found, sentence: above[0]?.sentence ?? found.sentence, causes: [...above, ...found.causes] },
    history: waitHistory(run, row).map(({ fromMs, toMs, ...past }) => ({
      ...past,
      from: instantOf(fromMs),
      to: toMs === null ? null : instantOf(toMs),
      seconds: Math.max(0, (toMs ?? nowMs) - fromMs) / 1_000,
    })),
  };
}

function causesAbove({ journal, copy }: KeptBack): WaitCause[] {
  const cause = (code: 'journal' | 'copy', sentence: string, sinceMs: number | null): WaitCause => ({
    ...{ code, sentence, since: sinceMs === null ? null : instantOf(sinceMs), until: null },
    ...{ waits_for: [], more: 0 },
  });
  return [
    ...(journal === undefined ? [] : [cause('journal', journal.sentence, journal.sinceMs)]),
    ...(copy === undefined ? [] : [cause('copy', copy, null)]),
  ];
}

function shownNode({ id, name, state, sentence, causes }: CoreNode): WaitNode {
  return {
    ...{ instance_id: id, name, state, sentence },
    causes: causes.map(({ code, sentence: why, sinceMs, untilMs, waitsFor, more }) => ({
      ...{ code, sentence: why, more, waits_for: waitsFor.map(shownNode) },
      since: sinceMs === null ? null : instantOf(sinceMs),
      until: untilMs === null ? null : instantOf(untilMs),
    })),
  };
}

const instantOf = (ms: number): string => new Date(ms).toISOString();
