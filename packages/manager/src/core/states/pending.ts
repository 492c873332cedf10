import type { StateSpec } from './spec.ts';

/** Its upstream has finished; it waits for its gate, a release, a pass or a free slot. */
export const pending: StateSpec = {
  terminal: false,
  active: false,
  on: {
    register: { ignore: 'it is registered already' },
    'upstream-ready': { ignore: 'its upstream has finished already' },
    'upstream-failed': { to: 'failed' },
    'upstream-stopped': { to: 'stopped' },
    lease: { to: 'running' },
    'work-done': { to: 'confirming' },
    confirm: { ignore: 'its work is not done' },
    'work-failed': { to: 'failed' },
    'work-returned': { ignore: 'it waits already' },
    'stop-confirmed': { ignore: 'nobody asked it to stop' },
    'skip-confirmed': { ignore: 'nobody asked to skip it' },
    'mark-confirmed': { ignore: 'nobody marked it' },
    'rollback-confirmed': { ignore: 'nobody asked to roll it back' },
    reset: { to: 'registered' },
  },
  actions: {
    run: { open: true },
    skip: { leave: 'skipped' },
    stop: { leave: 'stopped' },
    hold: { flag: 'held' },
    release: { flag: 'released' },
    retry: { reject: 'It has not run yet, so there is nothing to retry.' },
    rerun: { reject: 'It has not run yet, so there is nothing to run again.' },
    'mark-success': { leave: 'succeeded' },
    rollback: { reject: 'It has not run yet, so there is nothing to roll back.' },
  },
};
