import { expect, test } from 'vitest';
import { forwardClock } from '../../src/shell/forward-clock.ts';

test('a wall clock that is set back goes on by the monotonic one until it has caught up', () => {
  let wallMs = 10_000;
  let steadyMs = 0;
  const now = forwardClock(
    0,
    () => wallMs,
    () => steadyMs,
  );
  const pass = (ms: number) => {
    wallMs += ms;
    steadyMs += ms;
    return now();
  };
  expect(pass(100)).toBe(10_100);
  wallMs -= 5_000;
  expect(pass(100)).toBe(10_200);
  expect(pass(900)).toBe(11_100);
  wallMs += 6_000;
  expect(now()).toBe(12_100);
});

test('after a restart it begins no earlier than the journal ended', () => {
  expect(
    forwardClock(
      5_000,
      () => 1_000,
      () => 0,
    )(),
  ).toBe(5_000);
});
