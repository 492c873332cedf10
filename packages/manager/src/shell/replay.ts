import { apply } from '../core/apply.ts';
import { emptyState, type ManagerState, type Settings } from '../core/state.ts';
import { decodeBatch } from '../store/codec.ts';
import type { JournalBatch } from '../store/journal.ts';

/**
 * Replays batches through the same `apply`, effects discarded. Executors are
 * taken as cut off since now: they get a lease's time to come back.
 */
export class Replay {
  readonly state: ManagerState;
  seq = 0;
  events = 0;

  /** `state`: what a snapshot has given, to go on from. */
  constructor(settings: Settings, state: ManagerState = emptyState(settings)) {
    this.state = state;
  }

  add(batch: Pick<JournalBatch, 'seq' | 'blob'>): void {
    for (const stamped of decodeBatch(batch.blob)) {
      apply(this.state, stamped);
      this.events += 1;
    }
    this.seq = batch.seq;
  }

  /** `nowMs` by the wall clock, `steadyMs` by the monotonic one. */
  finish(nowMs: number, steadyMs: number): ManagerState {
    const { state } = this;
    // What the journal reserved may have been used before the crash: start behind it.
    state.tokenNext = Math.max(state.tokenNext, state.tokensReserved);
    for (const executor of state.executors.values()) {
      if (executor.state === 'gone') continue;
      executor.lastHeardMs = nowMs;
      executor.heardAtMs = steadyMs;
      executor.disconnectedMs = steadyMs + state.settings.leaseMs - state.settings.reconnectMs;
    }
    // Whom the target was asked for is asked again, by this manager and under its own term.
    for (const { fanOut } of state.open.values()) fanOut.asked.clear();
    state.dirty.runs.clear();
    state.dirty.instances.clear();
    state.dirty.executors.clear();
    return state;
  }
}

/** For journals that are in memory. */
export function recover(
  batches: Iterable<Pick<JournalBatch, 'seq' | 'blob'>>,
  settings: Settings,
  nowMs: number,
  steadyMs: number,
): { readonly state: ManagerState; readonly seq: number } {
  const replay = new Replay(settings);
  for (const batch of batches) replay.add(batch);
  return { state: replay.finish(nowMs, steadyMs), seq: replay.seq };
}
