import { ACTIONS, INSTANCE_STATES, TERMINAL_STATES } from '@tagmill/shared/words';
import { describe, expect, test } from 'vitest';
import { INSTANCE_EVENTS } from '../../src/core/states/spec.ts';
import { STATES } from '../../src/core/states/table.ts';

describe('the table of states', () => {
  test('has a cell for every state and event, and for every state and action', () => {
    for (const state of INSTANCE_STATES) {
      expect(Object.keys(STATES[state].on).sort(), state).toEqual([...INSTANCE_EVENTS].sort());
      expect(Object.keys(STATES[state].actions).sort(), state).toEqual([...ACTIONS].sort());
    }
  });

  test('keeps the numbers of the source document', () => {
    expect(INSTANCE_STATES.slice(0, 7)).toEqual(['unregistered', 'registered', 'pending', 'running', 'failed', 'succeeded', 'skipped']);
  });

  test('says of a refusal what a person can read: a sentence', () => {
    for (const state of INSTANCE_STATES) {
      for (const action of ACTIONS) {
        const cell = STATES[state].actions[action];
        if ('reject' in cell) expect(cell.reject, `${state} ${action}`).toMatch(/^[A-Z].{10,}\.$/);
      }
    }
  });

  test('lets only a reset leave a terminal state, and offers a person a way out of each but success', () => {
    for (const state of INSTANCE_STATES) {
      expect(STATES[state].terminal, state).toBe(TERMINAL_STATES.includes(state));
      if (!STATES[state].terminal) continue;
      for (const event of INSTANCE_EVENTS) expect('to' in STATES[state].on[event], `${state} ${event}`).toBe(event === 'reset');
      expect(
        ACTIONS.some((action) => 'again' in STATES[state].actions[action]),
        state,
      ).toBe(true);
    }
  });

  test('never shows stopped before it is confirmed: a running task leaves by way of stopping', () => {
    expect(STATES.running.actions.stop).toEqual({ leave: 'stopped' });
    expect(STATES.stopping.on['stop-confirmed']).toEqual({ to: 'stopped' });
    for (const state of INSTANCE_STATES) if (state !== 'stopping') expect('ignore' in STATES[state].on['stop-confirmed'], state).toBe(true);
  });

  test('reaches every state from the first one', () => {
    const reached = new Set(['unregistered']);
    for (let before = 0; before !== reached.size; ) {
      before = reached.size;
      for (const state of INSTANCE_STATES) {
        if (!reached.has(state)) continue;
        for (const cell of [...Object.values(STATES[state].on), ...Object.values(STATES[state].actions)]) {
          if ('to' in cell) reached.add(cell.to);
          if ('leave' in cell) reached.add('stopping');
        }
      }
    }
    expect([...reached].sort()).toEqual([...INSTANCE_STATES].sort());
  });
});
