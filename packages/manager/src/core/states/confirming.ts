import type { StateSpec } from './spec.ts';

/** All its work is done; the confirmation is not durable yet. */
export const confirming: StateSpec = {
  terminal: false,
  active: true,
  on: {
    register: { ignore: 'it is registered already' },
    'upstream-ready': { ignore: 'it has run already' },
    'upstream-failed': { ignore: 'it has run already' },
    'upstream-stopped': { ignore: 'it has run already' },
    lease: { ignore: 'its work is done' },
    'work-done': { ignore: 'its work is done' },
    confirm: { to: 'succeeded' },
    'work-failed': { ignore: 'its work is done' },
    'work-returned': { ignore: 'its work is done' },
    'stop-confirmed': { ignore: 'nobody asked it to stop' },
    'skip-confirmed': { ignore: 'nobody asked to skip it' },
    'mark-confirmed': { ignore: 'nobody marked it' },
    'rollback-confirmed': { to: 'stopped' },
    reset: { ignore: 'its result is being confirmed' },
  },
  actions: {
    run: { reject: 'Its work is done and is being confirmed.' },
    skip: { reject: 'Its work is done and is being confirmed; it cannot be skipped any more.' },
    stop: { reject: 'Its work is done and is being confirmed; there is nothing left to stop.' },
    hold: { reject: 'Its work is done and is being confirmed; there is nothing left to hold.' },
    release: { reject: 'It is not held.' },
    retry: { reject: 'Its work is done and is being confirmed.' },
    rerun: { reject: 'Its result is being confirmed; run it again after that.' },
    'mark-success': { reject: 'Its work is done and is being confirmed.' },
    rollback: { reject: 'Its result is being confirmed; roll it back after that.' },
  },
};
