/** What an instance has waited for so far, from its story. */
import { INSTANCE_STATES, type InstanceState } from '@tagmill/shared/words';
import { predecessors } from '../graph.ts';
import type { Run } from '../run.ts';

export interface WaitPast {
  readonly state: InstanceState;
  readonly held: boolean;
  readonly fromMs: number;
  /** Null: until now. */
  readonly toMs: number | null;
  readonly sentence: string;
}

const WAITING: readonly InstanceState[] = ['registered', 'pending'];
const GATE_OPENED = 'gate opened:';

/** Stretches of its story in which it waited, oldest first. */
export function waitHistory(run: Run, row: number): WaitPast[] {
  const lines = run.stories.linesOf(row);
  const past: WaitPast[] = [];
  let state: InstanceState = 'unregistered';
  let held = false;
  lines.forEach(({ atMs, text }, at) => {
    state = INSTANCE_STATES.find((name) => text.startsWith(`${name}:`)) ?? state;
    if (text.startsWith('held:')) held = true;
    if (text.startsWith('released:')) held = false;
    if (!WAITING.includes(state)) return;
    const next = lines[at + 1];
    const toMs = next?.atMs ?? null;
    if (toMs !== null && toMs === atMs) return;
    past.push({ state, held, fromMs: atMs, toMs, sentence: sentenceOf(run, row, state, held, next) });
  });
  return past;
}

function sentenceOf(
  run: Run,
  row: number,
  state: InstanceState,
  held: boolean,
  next: { readonly atMs: number; readonly text: string; readonly who: string | null } | undefined,
): string {
  if (held) return next?.text.startsWith('released:') === true ? `held, until ${next.who ?? 'it was'} released it` : 'held';
  if (state === 'registered') return upstreamSentence(run, row, next?.atMs ?? Number.POSITIVE_INFINITY);
  if (next?.text.startsWith(GATE_OPENED) === true) return `waited for a click on run, which came from ${next.who ?? 'nobody'}`;
  return 'waited for its turn';
}

/** Which of the tasks before it ended last. */
function upstreamSentence(run: Run, row: number, untilMs: number): string {
  let last: number | undefined;
  for (const before of predecessors(run.graph, row)) {
    const endedMs = run.endedAtMs[before]!;
    if (endedMs <= untilMs && (last === undefined || endedMs > run.endedAtMs[last]!)) last = before;
  }
  return last === undefined ? 'waited for the tasks before it' : `waited for ${run.task(last).title}, which ended last`;
}
