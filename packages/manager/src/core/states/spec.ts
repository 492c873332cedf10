/**
 * The shape of a state: every state names a cell for every event and every
 * action. There is no default: a missing cell does not compile.
 */
import type { Action, InstanceState } from '@tagmill/shared/words';

/** What can happen to an instance, other than a person's action. */
export const INSTANCE_EVENTS = [
  'register',
  'upstream-ready',
  'upstream-failed',
  'upstream-stopped',
  'lease',
  'work-done',
  'confirm',
  'work-failed',
  'work-returned',
  'stop-confirmed',
  'skip-confirmed',
  'mark-confirmed',
  'rollback-confirmed',
  'reset',
] as const;
export type InstanceEvent = (typeof INSTANCE_EVENTS)[number];

/** What an event does in a state: a next state, or nothing, for a reason. */
export type EventCell = { readonly to: InstanceState } | { readonly ignore: string };

/**
 * What an action does in a state.
 * `to`: the next state at once. `leave`: the instance leaves its pass and gets
 * that state when its running attempts have confirmed. `again`: back to
 * registered, and at once to pending when its upstream allows. `flag`: sets or
 * clears `held`. `open`: opens the gate. `shards`: failed shards run again.
 * `undo`: what it changed in the target is undone by a pass of its own.
 * `reject`: a sentence for a person.
 */
export type ActionCell =
  | { readonly to: InstanceState }
  | { readonly leave: InstanceState }
  | { readonly again: 'this' | 'downstream' }
  | { readonly flag: 'held' | 'released' }
  | { readonly open: true }
  | { readonly shards: 'failed' }
  | { readonly undo: true }
  | { readonly reject: string };

export interface StateSpec {
  readonly terminal: boolean;
  /** Whether work of it may be under way. */
  readonly active: boolean;
  readonly on: Readonly<Record<InstanceEvent, EventCell>>;
  readonly actions: Readonly<Record<Action, ActionCell>>;
}
