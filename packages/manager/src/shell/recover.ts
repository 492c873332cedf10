import { TagmillError } from '@tagmill/shared/errors';
import type { ManagerState, Settings } from '../core/state.ts';
import type { Journal } from '../store/journal.ts';
import { Replay } from './replay.ts';

export interface Recovered {
  readonly state: ManagerState;
  readonly lineage: string;
  readonly seq: number;
  readonly events: number;
}

/** Opens the journal and replays it. Errors: those of the journal. */
export async function recover(journal: Journal, settings: Settings, nowMs: number, steadyMs: number): Promise<Recovered> {
  const replay = new Replay(settings);
  const survey = await journal.open();
  if (survey.fault !== null) throw new TagmillError('INTERNAL', `${survey.fault.sentence}. Restore the data directory from a copy.`);
  const head = await journal.read({ snapshot: () => undefined, batch: (batch) => replay.add(batch) });
  return { state: replay.finish(nowMs, steadyMs), lineage: head?.lineage ?? '', seq: head?.seq ?? 0, events: replay.events };
}
