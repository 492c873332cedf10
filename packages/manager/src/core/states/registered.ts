import type { StateSpec } from './spec.ts';

/** Waits for its upstream. */
export const registered: StateSpec = {
  terminal: false,
  active: false,
  on: {
    register: { ignore: 'it is registered already' },
    'upstream-ready': { to: 'pending' },
    'upstream-failed': { to: 'failed' },
    'upstream-stopped': { to: 'stopped' },
    lease: { ignore: 'its upstream has not finished' },
    'work-done': { ignore: 'it has no work yet' },
    confirm: { ignore: 'it has no work yet' },
    'work-failed': { to: 'failed' },
    'work-returned': { ignore: 'it has no work yet' },
    'stop-confirmed': { ignore: 'nobody asked it to stop' },
    'skip-confirmed': { ignore: 'nobody asked to skip it' },
    'mark-confirmed': { ignore: 'nobody marked it' },
    'rollback-confirmed': { ignore: 'nobody asked to roll it back' },
    reset: { ignore: 'it has not run yet' },
  },
  actions: {
    run: { reject: 'It waits for its upstream and runs by itself after that.' },
    skip: { to: 'skipped' },
    stop: { to: 'stopped' },
    hold: { flag: 'held' },
    release: { flag: 'released' },
    retry: { reject: 'It has not run yet, so there is nothing to retry.' },
    rerun: { reject: 'It has not run yet, so there is nothing to run again.' },
    'mark-success': { to: 'succeeded' },
    rollback: { reject: 'It has not run yet, so there is nothing to roll back.' },
  },
};
