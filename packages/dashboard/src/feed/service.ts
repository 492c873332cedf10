/** What the manager says of itself, and what that means for the page. */
import type { ServiceRecord } from '@tagmill/shared/feed/views';
import type { FeedState } from './client.ts';
import { canAct, type LinkLevel, linkLevel } from './link.ts';

export const SERVICE_TOPIC = 'service';

export function serviceOf({ topics }: FeedState): ServiceRecord | undefined {
  // A record of views.ts by contract with the manager.
  return topics[SERVICE_TOPIC]?.state?.tables['service']?.['service'] as ServiceRecord | undefined;
}

/**
 * The link, and whether the manager at its other end has its state yet: while
 * it recovers it answers for no other topic, so what is shown is from before.
 */
export function pageLevel(state: FeedState, nowMs: number): LinkLevel {
  const level = linkLevel(state.link, nowMs);
  const isOpen = canAct(level) || (level === 'reconnecting' && state.link.status === 'live');
  const isToldNow = state.topics[SERVICE_TOPIC]?.waits === false;
  return isOpen && isToldNow && (serviceOf(state)?.recovering ?? null) !== null ? 'recovering' : level;
}

/** Why nothing can be asked of the manager now; null when it takes what is asked. */
export type Hindrance = 'link' | 'recovering' | 'journal';

export function hindrance(state: FeedState, nowMs: number): Hindrance | null {
  const level = pageLevel(state, nowMs);
  if (level === 'recovering') return 'recovering';
  if (!canAct(level)) return 'link';
  return (serviceOf(state)?.journal?.state ?? 'ok') === 'ok' ? null : 'journal';
}
