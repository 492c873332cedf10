/** Tasks of a run in the order in which people read them: plan, lanes by domain, report. */
import type { InstanceRecord } from '@tagmill/shared/feed/views';
import { DOMAINS } from '@tagmill/shared/words';

export interface LaneGroup {
  /** `plan`, a domain, or `report`. */
  readonly lane: string;
  readonly tasks: readonly InstanceRecord[];
}

const laneOf = (one: InstanceRecord): string =>
  one.handler === 'plan' || one.handler === 'report' ? one.handler : (one.domain ?? 'other');
const ORDER: readonly string[] = ['plan', ...DOMAINS, 'report'];

export function groupByLane(records: Readonly<Record<string, InstanceRecord>>): LaneGroup[] {
  const groups = new Map<string, InstanceRecord[]>();
  for (const one of Object.values(records)) {
    const lane = laneOf(one);
    const list = groups.get(lane);
    if (list === undefined) groups.set(lane, [one]);
    else list.push(one);
  }
  const order = (lane: string): number => (ORDER.includes(lane) ? ORDER.indexOf(lane) : ORDER.length);
  return [...groups]
    .sort(([a], [b]) => order(a) - order(b))
    .map(([lane, tasks]) => ({ lane, tasks: tasks.sort((a, b) => (a.tagId ?? 1e12) - (b.tagId ?? 1e12) || (a.id < b.id ? -1 : 1)) }));
}

export const isDone = (one: InstanceRecord): boolean => one.state === 'succeeded' || one.state === 'skipped';
