/** What needs a person: read again when a run has changed, and now and then for what is no run's. */
import { useQuery } from '@tanstack/react-query';
import { readInbox } from '../api/tags.ts';
import { useRuns, useTopic } from '../feed/hooks.ts';

const LOOK_MS = 15_000;

export function useInbox() {
  useTopic('runs');
  const mark = Object.values(useRuns())
    .map(({ id, state, held, counts }) => `${id} ${state} ${held} ${counts.failed} ${counts.pending} ${counts.stopped}`)
    .join();
  return useQuery({
    queryKey: ['inbox', mark],
    queryFn: readInbox,
    retry: false,
    refetchInterval: LOOK_MS,
    placeholderData: (before) => before,
  });
}
