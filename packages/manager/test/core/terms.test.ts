import { expect, test } from 'vitest';
import { apply } from '../../src/core/apply.ts';
import type { Input } from '../../src/core/events.ts';
import { emptyState, type ManagerState } from '../../src/core/state.ts';

function stateAfter(...events: readonly Input[]): ManagerState {
  const state = emptyState();
  for (const event of events) apply(state, { atMs: 1, event });
  return state;
}

test('no term gives a token or a fan-out that another term of the same history may have given, known or lost with a disk', () => {
  const first: Input[] = [
    { type: 'term-taken', term: 1 },
    { type: 'tokens-reserved', upTo: 2 ** 36 + 1_000_000 },
  ];
  const second = stateAfter(...first, { type: 'term-taken', term: 2 }, { type: 'tokens-reserved', upTo: 2 ** 37 + 1_000_000 });
  // A disk was lost, and with it that there was a term 2.
  const third = stateAfter(...first, { type: 'term-taken', term: 3 });
  expect(third.tokenNext).toBeGreaterThanOrEqual(second.tokensReserved);
  expect(third.nextFanOut).toBeGreaterThan(second.nextFanOut + 60_000);
  expect(second.tokenNext).toBeGreaterThanOrEqual(2 ** 36 + 1_000_000);
});

test('fan-outs stay numbers that the wire can carry', () => {
  const state = stateAfter({ type: 'term-taken', term: 1_000_000 });
  expect(state.nextFanOut).toBeLessThan(2 ** 32);
});
