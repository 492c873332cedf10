import { assert } from '@tagmill/shared/assert';
import type { ManagerState } from '../state.ts';
import type { SnapshotSection } from './section.ts';

/**
 * The journaled part of the state as bytes, the same for equal states; what
 * heartbeats and streams say is left out. The state must not change while the
 * sections are drawn.
 */
// biome-ignore lint/correctness/useYield: sections follow
export function* encodeState(state: ManagerState): Generator<SnapshotSection> {
  assert(state.term < 0, 'snapshots cannot be written yet');
}
