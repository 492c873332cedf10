/** All states in one place, by the numbers of the source document. */
import { INSTANCE_STATES, type InstanceState } from '@tagmill/shared/words';
import { confirming } from './confirming.ts';
import { failed, skipped, stopped, succeeded } from './ended.ts';
import { pending } from './pending.ts';
import { registered } from './registered.ts';
import { running } from './running.ts';
import type { StateSpec } from './spec.ts';
import { stopping } from './stopping.ts';
import { unregistered } from './unregistered.ts';

export const STATES: Readonly<Record<InstanceState, StateSpec>> = {
  unregistered,
  registered,
  pending,
  running,
  failed,
  succeeded,
  skipped,
  confirming,
  stopping,
  stopped,
};

export const stateNumber = (state: InstanceState): number => INSTANCE_STATES.indexOf(state);
export const stateOf = (number: number): InstanceState => INSTANCE_STATES[number]!;
