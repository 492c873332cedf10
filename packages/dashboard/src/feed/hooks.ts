/** What components read of the feed. */
import type {
  EdgeRecord,
  ExecutorRecord,
  FleetRecord,
  InstanceRecord,
  RunRecord,
  ServiceRecord,
  StoryRecord,
  AttemptRecord,
  ShardsRecord,
} from '@tagmill/shared/feed/views';
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { feed } from './browser.ts';
import type { FeedState } from './client.ts';
import { behindMs, type LinkInfo, type LinkLevel, managerNowMs } from './link.ts';
import { type Hindrance, hindrance, pageLevel, serviceOf } from './service.ts';
import { useNow } from './ticker.ts';

type Table<T> = { readonly [id: string]: T };
const NONE: Table<never> = {};

/** Keeps a topic subscribed while the component is there; null subscribes to nothing. */
export function useTopic(topic: string | null): void {
  useEffect(() => (topic === null ? undefined : feed.use(topic)), [topic]);
}

export function useFeed<T>(select: (state: FeedState) => T): T {
  return useStore(feed.store, select);
}

// The feed's records are the shapes of views.ts by contract with the manager; this is the one place that says so.
function table<T>(state: FeedState, topic: string | null, name: string): Table<T> {
  if (topic === null) return NONE;
  return (state.topics[topic]?.state?.tables[name] as Table<T> | undefined) ?? NONE;
}

export const runTopic = (runId: string | null): string | null => (runId === null ? null : `run/${runId}`);
export const instanceTopic = (id: string | null): string | null => (id === null ? null : `instance/${id}`);

export const useRuns = (): Table<RunRecord> => useFeed((s) => table<RunRecord>(s, 'runs', 'runs'));
export const useRun = (runId: string | null): RunRecord | undefined =>
  useFeed((s) => {
    const found = Object.values(table<RunRecord>(s, runTopic(runId), 'run'))[0];
    return found ?? (runId === null ? undefined : table<RunRecord>(s, 'runs', 'runs')[runId]);
  });
export const useInstances = (runId: string | null): Table<InstanceRecord> =>
  useFeed((s) => table<InstanceRecord>(s, runTopic(runId), 'instances'));
export const useEdges = (runId: string | null): Table<EdgeRecord> => useFeed((s) => table<EdgeRecord>(s, runTopic(runId), 'edges'));
export const useShards = (id: string | null): ShardsRecord | undefined =>
  useFeed((s) => Object.values(table<ShardsRecord>(s, instanceTopic(id), 'shards'))[0]);
export const useAttempts = (id: string | null): Table<AttemptRecord> =>
  useFeed((s) => table<AttemptRecord>(s, instanceTopic(id), 'attempts'));
export const useStory = (id: string | null): Table<StoryRecord> => useFeed((s) => table<StoryRecord>(s, instanceTopic(id), 'story'));
export const useExecutors = (): Table<ExecutorRecord> => useFeed((s) => table<ExecutorRecord>(s, 'executors', 'executors'));
export const useFleet = (): FleetRecord | undefined => useFeed((s) => table<FleetRecord>(s, 'executors', 'fleet')['fleet']);

/** Whether a topic's first snapshot has come. */
export const useLoaded = (topic: string | null): boolean => useFeed((s) => topic !== null && s.topics[topic]?.state !== undefined);
export const useRefused = (topic: string | null): { readonly code: string; readonly message: string } | null =>
  useFeed((s) => (topic === null ? null : (s.topics[topic]?.refused ?? null)));
export const useSeq = (topic: string | null): number | null =>
  useFeed((s) => (topic === null ? null : (s.topics[topic]?.state?.seq ?? null)));

export interface LinkView {
  readonly link: LinkInfo;
  readonly level: LinkLevel;
  readonly behindMs: number;
  readonly nowMs: number;
}

/** The link as it is now, looked at again each `everyMs`. */
export function useLink(everyMs = 500): LinkView {
  const nowMs = useNow(everyMs);
  const link = useFeed((s) => s.link);
  const level = useFeed((s) => pageLevel(s, nowMs));
  return { link, level, behindMs: behindMs(link, nowMs), nowMs };
}

/** Why buttons do not work; changes only when the answer changes. */
export function useHindrance(): Hindrance | null {
  const nowMs = useNow(500);
  return useFeed((s) => hindrance(s, nowMs));
}

export const useCanAct = (): boolean => useHindrance() === null;

export const useService = (): ServiceRecord | undefined => useFeed(serviceOf);

/** The manager's clock, looked at again each second. */
export function useManagerNow(everyMs = 1_000): number {
  const nowMs = useNow(everyMs);
  // Without this the first second would be told by this machine's clock.
  useFeed((s) => s.link.offsetMs === null);
  return managerNowMs(feed.store.getState().link, nowMs);
}
