/** What of the runs needs a person: gates, failures, tags that their check holds; each task by its newest run. */
import type { InboxItem } from '@tagmill/shared/api/tag-overview';
import { instanceId } from '@tagmill/shared/ids';
import { reasonOf } from './why/reason.ts';
import type { Run } from './run.ts';
import type { ManagerState } from './state.ts';
import { STATES } from './states/table.ts';
import { isHeldByCheck } from './tag-check.ts';
import { dateOf } from './tag-runs.ts';

/** Beyond it a list helps nobody; the run's own page has them all. */
const MOST_ITEMS = 500;

/** Newest runs first. A task that a later run has again is that run's matter. */
export function runItems(state: ManagerState): readonly InboxItem[] {
  const items: InboxItem[] = [];
  // Runs for some users say nothing of the others.
  const newer = { all: [] as Run[], some: [] as Run[] };
  for (const run of [...state.runs.values()].reverse()) {
    const alike = run.spec.users === null && run.spec.days === null ? newer.all : newer.some;
    for (let row = 0; row < run.size && items.length < MOST_ITEMS; row++) {
      // Most rows need nobody: that is asked first, and names are read of the others alone.
      const kind = kindOf(run, row);
      if (kind === null) continue;
      const { name, title, tagId } = run.task(row);
      if (alike.some((one) => one.index.find(name) >= 0)) continue;
      items.push({
        ...{ kind, name: title, tag_id: tagId, run_id: run.id, instance_id: instanceId(run.id, name) },
        business_date: dateOf(run),
        version: null,
        who: null,
        sentence: reasonOf(state, run, row) ?? run.errors.get(row)?.message ?? '',
        since: sinceOf(run, row),
      });
    }
    alike.push(run);
  }
  return items;
}

function kindOf(run: Run, row: number): 'gate' | 'failed' | 'held' | null {
  const at = run.stateAt(row);
  if (at === 'failed') return 'failed';
  if (STATES[at].terminal) return null;
  if (isHeldByCheck(run, row)) return 'held';
  return at === 'pending' && !run.gateOpen(row) ? 'gate' : null;
}

function sinceOf(run: Run, row: number): string | null {
  const line = run.stories.lastLine(row);
  return line === 0 ? null : new Date(run.stories.lineAt(line).atMs).toISOString();
}
