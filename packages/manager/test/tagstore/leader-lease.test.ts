import { TagmillError } from '@tagmill/shared/errors';
import { afterEach, expect, test, vi } from 'vitest';
import { LeaderLease } from '../../src/tagstore/leader-lease.ts';
import { LEASE_MS } from '../../src/tagstore/metadata.ts';

afterEach(() => vi.useRealTimers());

/** A lease whose database answers as `row` says, with both clocks in hand. */
function held() {
  vi.useFakeTimers();
  const row = { mine: true, away: false, asked: 0 };
  let steadyMs = 1_000;
  const lease = new LeaderLease(steadyMs, 'another manager has taken over', {
    renew: () => {
      row.asked += 1;
      return row.away ? Promise.reject(new TagmillError('DATABASE_UNAVAILABLE', 'it is away')) : Promise.resolve(row.mine);
    },
    steady: () => steadyMs,
  });
  const pass = async (ms: number): Promise<void> => {
    steadyMs += ms;
    await vi.advanceTimersByTimeAsync(ms);
  };
  /** SIGSTOP: the monotonic clock goes on, no timer runs. */
  const sleep = (ms: number): void => {
    steadyMs += ms;
  };
  return { lease, row, pass, sleep };
}

test('stands while it is renewed', async () => {
  const { lease, row, pass } = held();
  for (let i = 0; i < 20; i += 1) await pass(1_000);
  expect(lease.stands()).toBe(true);
  expect(row.asked).toBe(6);
  lease.end();
});

test('does not stand after a sleep past its end, before anybody was asked', async () => {
  const { lease, row, pass, sleep } = held();
  sleep(LEASE_MS);
  expect(lease.stands()).toBe(false);
  const told: string[] = [];
  lease.whenItStands(() => told.push('goes on'));
  expect(told).toEqual([]);
  await pass(0);
  expect([told, row.asked]).toEqual([['goes on'], 1]);
  lease.end();
});

test('is lost for good when another has the row, and what waited for it never runs', async () => {
  const { lease, row, pass, sleep } = held();
  sleep(LEASE_MS + 1);
  row.mine = false;
  let ran = false;
  lease.whenItStands(() => {
    ran = true;
  });
  expect((await lease.lost).code).toBe('MANAGER_LIVE');
  row.mine = true;
  await pass(60_000);
  expect([ran, lease.stands()]).toEqual([false, false]);
});

test('runs out while the database is away, is asked for again soon, and stands again when it is back', async () => {
  const { lease, row, pass } = held();
  row.away = true;
  await pass(LEASE_MS);
  expect(lease.stands()).toBe(false);
  let ran = false;
  lease.whenItStands(() => {
    ran = true;
  });
  await pass(400);
  row.away = false;
  await pass(500);
  expect([ran, lease.stands()]).toEqual([true, true]);
  lease.end();
});

test('is counted from before the question, not from its answer', async () => {
  const { lease, row, pass } = held();
  let answer: (mine: boolean) => void = () => undefined;
  await pass(0);
  row.asked = 0;
  vi.spyOn(lease['ports'], 'renew').mockImplementation(() => new Promise((resolve) => (answer = resolve)));
  await pass(3_000);
  await pass(6_000);
  answer(true);
  await pass(0);
  expect(lease.stands()).toBe(true);
  await pass(LEASE_MS - 6_000);
  expect(lease.stands()).toBe(false);
  lease.end();
});
