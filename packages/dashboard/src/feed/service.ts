/** What the manager says of itself, and what that means for the page. */
import type { ServiceRecord } from '@tagmill/shared/feed/views';
import type { FeedClient, FeedState } from './client.ts';
import { canAct, type LinkLevel, linkLevel } from './link.ts';

export const SERVICE_TOPIC = 'service';

export function serviceOf({ topics }: FeedState): ServiceRecord | undefined {
  // A record of views.ts by contract with the manager.
  return topics[SERVICE_TOPIC]?.state?.tables['service']?.['service'] as ServiceRecord | undefined;
}

const recovers = (state: FeedState): boolean => (serviceOf(state)?.recovering ?? null) !== null;

/** The link, and whether the manager at its other end has its state yet. */
export function pageLevel(state: FeedState, nowMs: number): LinkLevel {
  const level = linkLevel(state.link, nowMs);
  return canAct(level) && recovers(state) ? 'recovering' : level;
}

/** Why nothing can be asked of the manager now; null when it takes what is asked. */
export type Hindrance = 'link' | 'recovering' | 'journal';

export function hindrance(state: FeedState, nowMs: number): Hindrance | null {
  const level = pageLevel(state, nowMs);
  if (level === 'recovering') return 'recovering';
  if (!canAct(level)) return 'link';
  return (serviceOf(state)?.journal?.state ?? 'ok') === 'ok' ? null : 'journal';
}

/** A manager that recovers refuses its topics; once it has its state they are asked for again. Returns what ends that. */
export function renewAfterRecovery(client: FeedClient): () => void {
  return client.store.subscribe((state, before) => {
    if (recovers(before) && !recovers(state)) client.renew();
  });
}
