import type { StateSpec } from './spec.ts';

/** Asked to leave (stop, skip or mark success); attempts that carry it have not all confirmed. */
export const stopping: StateSpec = {
  terminal: false,
  active: true,
  on: {
    register: { ignore: 'it is registered already' },
    'upstream-ready': { ignore: 'it is being stopped' },
    'upstream-failed': { ignore: 'it is being stopped' },
    'upstream-stopped': { ignore: 'it is being stopped' },
    lease: { ignore: 'it is being stopped' },
    'work-done': { ignore: 'it is being stopped' },
    confirm: { ignore: 'it is being stopped' },
    'work-failed': { ignore: 'it is being stopped' },
    'work-returned': { ignore: 'it is being stopped' },
    'stop-confirmed': { to: 'stopped' },
    'skip-confirmed': { to: 'skipped' },
    'mark-confirmed': { to: 'succeeded' },
    'rollback-confirmed': { ignore: 'nobody asked to roll it back' },
    reset: { ignore: 'it is being stopped' },
  },
  actions: {
    run: { reject: 'It is being stopped; run it again once it has stopped.' },
    skip: { reject: 'It is being stopped; skip it once it has stopped.' },
    stop: { reject: 'It is being stopped already; it shows stopped once its attempts have confirmed.' },
    hold: { reject: 'It is being stopped.' },
    release: { reject: 'It is being stopped.' },
    retry: { reject: 'It is being stopped; retry it once it has stopped.' },
    rerun: { reject: 'It is being stopped; run it again once it has stopped.' },
    'mark-success': { reject: 'It is being stopped; mark it once it has stopped.' },
    rollback: { reject: 'It is being stopped; roll it back once it has stopped.' },
  },
};
