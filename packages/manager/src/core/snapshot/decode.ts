import { TagmillError } from '@tagmill/shared/errors';
import type { ManagerState, Settings } from '../state.ts';
import type { SnapshotSection } from './section.ts';

/**
 * The state that was written, ready for the events behind it. Errors: a
 * TagmillError for bytes that cannot be such a state, whatever they are.
 */
export function decodeState(sections: Iterable<SnapshotSection>, settings: Settings): ManagerState {
  throw new TagmillError('INTERNAL', `snapshots cannot be read yet (${typeof sections}, ${typeof settings})`);
}
