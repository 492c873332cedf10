import type { Action } from '@tagmill/shared/words';
import type { ActionCell, EventCell, InstanceEvent, StateSpec } from './spec.ts';

/** What the four terminal states have in common: only a reset moves them. */
const ENDED_EVENTS: Readonly<Record<InstanceEvent, EventCell>> = {
  register: { ignore: 'it has ended' },
  'upstream-ready': { ignore: 'it has ended' },
  'upstream-failed': { ignore: 'it has ended' },
  'upstream-stopped': { ignore: 'it has ended' },
  lease: { ignore: 'it has ended' },
  'work-done': { ignore: 'it has ended' },
  confirm: { ignore: 'it has ended' },
  'work-failed': { ignore: 'it has ended' },
  'work-returned': { ignore: 'it has ended' },
  'stop-confirmed': { ignore: 'it has ended' },
  'skip-confirmed': { ignore: 'it has ended' },
  'mark-confirmed': { ignore: 'it has ended' },
  'rollback-confirmed': { ignore: 'it has ended' },
  reset: { to: 'registered' },
};

const ended = (actions: Readonly<Record<Action, ActionCell>>): StateSpec => ({ terminal: true, active: false, on: ENDED_EVENTS, actions });

export const failed: StateSpec = ended({
  run: { again: 'this' },
  skip: { to: 'skipped' },
  stop: { reject: 'It has failed; there is nothing to stop.' },
  hold: { reject: 'It has failed; hold what comes after it, or retry it.' },
  release: { reject: 'It is not held.' },
  retry: { again: 'this' },
  rerun: { again: 'downstream' },
  'mark-success': { to: 'succeeded' },
  rollback: { undo: true },
});

export const succeeded: StateSpec = ended({
  run: { reject: 'It has succeeded; rerun does it again.' },
  skip: { reject: 'It has succeeded; there is nothing to skip.' },
  stop: { reject: 'It has succeeded; there is nothing to stop.' },
  hold: { reject: 'It has succeeded; there is nothing to hold.' },
  release: { reject: 'It is not held.' },
  retry: { reject: 'It has succeeded; rerun does it again.' },
  rerun: { again: 'downstream' },
  'mark-success': { reject: 'It has succeeded already.' },
  rollback: { undo: true },
});

export const skipped: StateSpec = ended({
  run: { again: 'this' },
  skip: { reject: 'It is skipped already.' },
  stop: { reject: 'It is skipped; there is nothing to stop.' },
  hold: { reject: 'It is skipped; there is nothing to hold.' },
  release: { reject: 'It is not held.' },
  retry: { reject: 'It was skipped and never failed; run does it.' },
  rerun: { again: 'downstream' },
  'mark-success': { to: 'succeeded' },
  rollback: { undo: true },
});

export const stopped: StateSpec = ended({
  run: { again: 'this' },
  skip: { to: 'skipped' },
  stop: { reject: 'It is stopped already.' },
  hold: { reject: 'It is stopped; there is nothing to hold.' },
  release: { reject: 'It is not held.' },
  retry: { again: 'this' },
  rerun: { again: 'downstream' },
  'mark-success': { to: 'succeeded' },
  rollback: { undo: true },
});
