/** What the feed reads: the port's part for it, and whether a topic's thing is there. */
import { splitInstanceId } from '@tagmill/shared/ids';
import type { ManagerPort } from '../port.ts';

export interface FeedSource extends Pick<ManagerPort, 'snapshot' | 'changes' | 'onChange' | 'now'> {
  /** Cheap; asked once a second for each topic. */
  exists(topic: string): boolean;
  /** False while the manager looks for its journal: who asks for the topic waits. */
  isThere(topic: string): boolean;
}

export function feedSource(port: ManagerPort): FeedSource {
  return {
    snapshot: (topic) => port.snapshot(topic),
    changes: (wanted) => port.changes(wanted),
    onChange: (callback) => port.onChange(callback),
    now: () => port.now(),
    isThere: (topic) => topic === 'service' || !port.recovering(),
    exists: (topic) => {
      // What there is shows when the journal is read.
      if (port.recovering()) return true;
      if (topic.startsWith('run/')) return port.getRun(topic.slice('run/'.length)) !== undefined;
      if (!topic.startsWith('instance/')) return true;
      const at = splitInstanceId(topic.slice('instance/'.length));
      return at !== undefined && port.getRun(at.runId) !== undefined;
    },
  };
}
