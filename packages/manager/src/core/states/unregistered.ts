import type { StateSpec } from './spec.ts';

/** Known, but its registration condition does not hold yet. */
export const unregistered: StateSpec = {
  terminal: false,
  active: false,
  on: {
    register: { to: 'registered' },
    'upstream-ready': { ignore: 'it is not registered yet' },
    'upstream-failed': { to: 'failed' },
    'upstream-stopped': { to: 'stopped' },
    lease: { ignore: 'it has no work yet' },
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
    run: { reject: 'It is not registered yet; it registers when its run starts.' },
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
