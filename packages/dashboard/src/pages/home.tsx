import { type ReactElement, useEffect } from 'react';
import { useLocation } from 'wouter';
import { useLoaded, useRuns, useTopic } from '../feed/hooks.ts';
import { newestFirst } from '../run/recent-runs.tsx';
import { FirstRun } from './first-run.tsx';

/** The newest run, or what to do when there is none. */
export function Home(): ReactElement | null {
  useTopic('runs');
  const loaded = useLoaded('runs');
  const newest = newestFirst(useRuns())[0]?.id;
  const [, go] = useLocation();
  useEffect(() => {
    if (newest !== undefined) go(`/runs/${newest}${location.search}`, { replace: true });
  }, [newest, go]);
  return loaded && newest === undefined ? <FirstRun /> : null;
}
