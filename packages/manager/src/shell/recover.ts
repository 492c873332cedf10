import { apply } from '../core/apply.ts';
import { emptyState, type ManagerState, type Settings } from '../core/state.ts';
import { decodeBatch } from '../store/codec.ts';
import type { Journal } from '../store/journal.ts';

export interface Recovered {
  readonly state: ManagerState;
  readonly lineage: string;
  readonly seq: number;
  readonly events: number;
}

/**
 * Opens the journal and replays it through the same `apply`, effects discarded.
 * Executors are taken as cut off since now: they get a lease's time to come back.
 */
export async function recover(journal: Journal, settings: Settings, nowMs: number): Promise<Recovered> {
  const state = emptyState(settings);
  let events = 0;
  const head = await journal.open((batch) => {
    for (const stamped of decodeBatch(batch.blob)) {
      apply(state, stamped);
      events += 1;
    }
  });
  // What the journal reserved may have been used before the crash: start behind it.
  state.tokenNext = Math.max(state.tokenNext, state.tokensReserved);
  for (const executor of state.executors.values()) {
    if (executor.state === 'gone') continue;
    executor.lastHeardMs = nowMs;
    executor.disconnectedMs = nowMs + settings.leaseMs - settings.reconnectMs;
  }
  state.dirty.runs.clear();
  state.dirty.instances.clear();
  state.dirty.executors.clear();
  return { state, lineage: head.lineage, seq: head.seq, events };
}
