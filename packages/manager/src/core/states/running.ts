import type { StateSpec } from './spec.ts';

/** At least one shard of it was leased. */
export const running: StateSpec = {
  terminal: false,
  active: true,
  on: {
    register: { ignore: 'it is registered already' },
    'upstream-ready': { ignore: 'it runs already' },
    'upstream-failed': { ignore: 'it runs already; its upstream had finished' },
    'upstream-stopped': { ignore: 'it runs already; its upstream had finished' },
    lease: { ignore: 'it runs already' },
    'work-done': { to: 'confirming' },
    confirm: { ignore: 'its work is not done' },
    'work-failed': { to: 'failed' },
    'work-returned': { to: 'pending' },
    'stop-confirmed': { ignore: 'nobody asked it to stop' },
    'skip-confirmed': { ignore: 'nobody asked to skip it' },
    'mark-confirmed': { ignore: 'nobody marked it' },
    'rollback-confirmed': { ignore: 'nobody asked to roll it back' },
    reset: { ignore: 'it runs; stop it first' },
  },
  actions: {
    run: { reject: 'It runs already.' },
    skip: { leave: 'skipped' },
    stop: { leave: 'stopped' },
    hold: { flag: 'held' },
    release: { flag: 'released' },
    retry: { shards: 'failed' },
    rerun: { reject: 'It runs; stop it first, then run it again.' },
    'mark-success': { leave: 'succeeded' },
    rollback: { reject: 'It runs; stop it first, then roll it back.' },
  },
};
