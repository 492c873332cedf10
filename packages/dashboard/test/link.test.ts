import { describe, expect, it } from 'vitest';
import { behindMs, canAct, LINK_AT_START, type LinkInfo, linkLevel, managerNowMs } from '../src/feed/link.ts';

const live: LinkInfo = { ...LINK_AT_START, status: 'live', lastHeardAtMs: 10_000, offsetMs: 500, managerAtMs: 9_500 };

describe('what the page says about the link', () => {
  it('is live under 1 s, behind from 1 s, and acts no more from 3 s', () => {
    const levels = [0, 1_000, 2_000, 2_200, 4_000, 4_200].map((silentMs) => linkLevel(live, 10_000 + silentMs));
    expect(levels).toEqual(['live', 'live', 'live', 'behind', 'behind', 'stale']);
    expect(canAct('behind')).toBe(true);
    expect(canAct('stale')).toBe(false);
    expect(canAct('reconnecting')).toBe(false);
  });

  it('counts a late message as lag even when messages keep coming', () => {
    expect(behindMs({ ...live, delayMs: 2_400 }, 10_000)).toBe(2_400);
    expect(linkLevel({ ...live, delayMs: 2_400 }, 10_000)).toBe('behind');
  });

  it('shows a gap for 2 s, and a lost link before that', () => {
    expect(linkLevel({ ...live, gapAtMs: 9_500 }, 10_000)).toBe('gap');
    expect(linkLevel({ ...live, gapAtMs: 7_500 }, 10_000)).toBe('live');
    expect(linkLevel({ ...live, status: 'reconnecting', gapAtMs: 9_500 }, 10_000)).toBe('reconnecting');
  });

  it('stops the manager’s clock while the link is lost', () => {
    expect(managerNowMs(live, 10_800)).toBe(10_300);
    expect(managerNowMs(live, 90_000)).toBe(9_500);
  });

  it('does not tell the time by this machine’s clock before the first word of a new connection', () => {
    expect(managerNowMs({ ...live, offsetMs: null }, 10_800)).toBe(9_500);
    expect(managerNowMs(LINK_AT_START, 10_800)).toBe(10_800);
  });
});
