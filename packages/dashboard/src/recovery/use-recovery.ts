/** The newest recovery report, asked for again when the manager says something new, and for a while after a start. */
import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import { useEffect, useRef } from 'react';
import { recoveryReport } from '../api/http.ts';
import { useFeed, useService } from '../feed/hooks.ts';
import { SERVICE_TOPIC } from '../feed/service.ts';

const KEY = ['recovery'];
const SOON_MS = 1_000;
/** What became of the attempts is known within leases; after this little changes. */
const YOUNG_MS = 120_000;
const LATER_MS = 30_000;

/** Null: this manager has no report. */
export function useRecovery(): UseQueryResult<RecoveryReport | null> {
  const queries = useQueryClient();
  const service = useService();
  const epoch = useFeed((state) => state.topics[SERVICE_TOPIC]?.state?.epoch);
  const word = JSON.stringify([epoch, service?.recovered, service?.recovering]);
  const heard = useRef(word);
  useEffect(() => {
    if (heard.current === word) return;
    heard.current = word;
    void queries.invalidateQueries({ queryKey: KEY });
  }, [word, queries]);
  return useQuery({
    queryKey: KEY,
    queryFn: recoveryReport,
    retry: false,
    refetchInterval: ({ state }) => {
      const report = state.data;
      if (state.status === 'error' || report?.outcome === 'recovering') return SOON_MS;
      return report !== null && report !== undefined && Date.now() - report.startedMs < YOUNG_MS ? 2 * SOON_MS : LATER_MS;
    },
  });
}
