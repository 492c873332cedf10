/** What one entry of the journal says, for people: its events in sentences, and what they changed. */
import { TagmillError } from '@tagmill/shared/errors';
import { apply } from '../core/apply.ts';
import { RESULT_DONE, RESULT_FAILED, type ManagerEvent, type Stamped } from '../core/events.ts';
import { decodeState } from '../core/snapshot/decode.ts';
import { stateOf } from '../core/states/table.ts';
import { DEFAULT_SETTINGS, emptyState, type ManagerState } from '../core/state.ts';
import { decodeBatch } from './codec.ts';
import type { CommittedBatch } from './journal.ts';
import type { JournalFile } from './journal-file.ts';
import { openDataDir } from './offline.ts';
import { readSections, readSnapshotHead } from './snapshot-file.ts';
import { findSnapshots } from './snapshot-folder.ts';

export interface BatchStory {
  readonly batch: CommittedBatch;
  readonly events: readonly EventStory[];
  /** False: what was before the entry is not there any more, so that only the events themselves are told. */
  readonly isReplayed: boolean;
}

export interface EventStory {
  readonly atMs: number;
  readonly sentence: string;
  /** Instances that changed their state by it: `run/task: from -> to`. */
  readonly changes: readonly string[];
}

/** More than so many changes of one event are counted, not listed. */
const MOST_CHANGES = 20;
const READ_BYTES = 4 * 1024 * 1024;

/** Errors: NOT_FOUND when there is no such entry; those of opening. */
export function explainBatch(dataDir: string, seq: number): BatchStory {
  const { file, found, close } = openDataDir(dataDir);
  try {
    if ('missing' in file) throw new TagmillError('NOT_FOUND', found.fault?.sentence ?? `the journal cannot be read: ${file.missing}`);
    const [batch] = file.tail(seq, 1);
    if (batch === undefined) {
      const last = found.head?.seq ?? 0;
      throw new TagmillError('NOT_FOUND', `entry ${seq} is not in the journal: it holds entries ${file.base.seq + 1} to ${last}`);
    }
    const state = stateBefore(dataDir, file, seq);
    const events = decodeBatch(batch.blob).map((stamped) => storyOf(state, stamped));
    return { batch, events, isReplayed: state !== undefined };
  } finally {
    close();
  }
}

/** From the newest snapshot before it, or the beginning; undefined when neither leads there. */
function stateBefore(dataDir: string, file: JournalFile, seq: number): ManagerState | undefined {
  const snapshot = findSnapshots(dataDir).findLast((one) => one.seq < seq && one.seq >= file.base.seq);
  if (snapshot === undefined && file.base.seq > 0) return undefined;
  const state = snapshot === undefined ? emptyState() : decodeState(readSections(snapshot.path), DEFAULT_SETTINGS);
  for (let at = snapshot === undefined ? 0 : readSnapshotHead(snapshot.path).seq; at < seq - 1; ) {
    const batches = file.tail(at + 1, READ_BYTES).filter((batch) => batch.seq < seq);
    if (batches.length === 0) return undefined;
    for (const { blob } of batches) for (const stamped of decodeBatch(blob)) apply(state, stamped);
    at = batches.at(-1)!.seq;
  }
  return state;
}

function storyOf(state: ManagerState | undefined, stamped: Stamped): EventStory {
  const { atMs, event } = stamped;
  if (state === undefined) return { atMs, sentence: sentenceOf(event, undefined), changes: [] };
  const before = new Map([...state.runs].map(([id, run]) => [id, run.stateColumn.slice()]));
  const sentence = sentenceOf(event, state);
  apply(state, stamped);
  return { atMs, sentence, changes: changesOf(state, before) };
}

function changesOf(state: ManagerState, before: ReadonlyMap<string, Uint8Array>): string[] {
  const changes: string[] = [];
  let more = 0;
  for (const [id, run] of state.runs) {
    const was = before.get(id);
    for (let row = 0; row < run.size; row++) {
      const now = run.stateColumn[row]!;
      if (was !== undefined && was[row] === now) continue;
      if (changes.length === MOST_CHANGES) more += 1;
      else changes.push(`${id}/${run.task(row).name}: ${was === undefined ? 'new' : stateOf(was[row]!)} -> ${stateOf(now)}`);
    }
  }
  return more === 0 ? changes : [...changes, `and ${more} more`];
}

function sentenceOf(event: ManagerEvent, state: ManagerState | undefined): string {
  switch (event.type) {
    case 'term-taken':
      return `a manager took term ${event.term}`;
    case 'tokens-reserved':
      return `tokens up to ${event.upTo} were reserved`;
    case 'run-created':
      return `${event.spec.who} created run ${event.spec.id} (${event.spec.mode}) with ${event.spec.tasks.length} tasks`;
    case 'command':
      return `${event.who} asked for ${event.action} of ${event.names.length} tasks of run ${event.runId}: ${shortList(event.names)}${event.reason === null ? '' : ` (“${event.reason}”)`}`;
    case 'executor-joined':
      return `executor ${event.name} (${event.id}) joined with ${event.slots} slots, holding ${event.held.reduce((sum, { shards }) => sum + shards.length, 0)} attempts`;
    case 'executor-draining':
      return `executor ${event.id} is asked for no more work`;
    case 'executor-lost':
      return `executor ${event.id} was lost: ${event.why}`;
    case 'plan-found':
      return `executor ${event.executor} found the plan of ${ofFanOut(event.fanOut, state)}: date ${event.plan.businessDate}, ${event.tags.length} tags`;
    case 'settled':
      return `the target told of ${event.shards.length} shards of ${ofFanOut(event.fanOut, state)}: ${event.results.filter((one) => one !== null).length} are whole there`;
    case 'settle-asked':
      return `the target is asked about ${event.shards.length} shards of ${ofFanOut(event.fanOut, state)} under token ${event.token}`;
    case 'results':
      return `executor ${event.executor} told results of ${ofFanOut(event.fanOut, state)}: ${countsOf(event.status)}`;
    case 'leased':
      return `${event.shards.length} shards of ${ofFanOut(event.fanOut, state)} were leased to ${event.executor} from token ${event.firstToken} on`;
    case 'run-started':
      return `run ${event.runId} started`;
    case 'pass-formed':
      return `${event.rows.length} tasks of run ${event.runId} formed a pass: ${rowsOf(event.runId, event.rows, state)}`;
    case 'merge-started':
      return `pass ${event.pass} of run ${event.runId} began to merge`;
    case 'tag-refused':
      return `the plan of run ${event.runId} refuses ${rowsOf(event.runId, [event.row], state)}`;
    case 'report-made':
      return `the report of run ${event.runId} was made`;
    case 'rollback-formed':
      return `what pass ${event.undoes} of run ${event.runId} changed for ${rowsOf(event.runId, [event.row], state)} is undone`;
  }
}

function ofFanOut(number: number, state: ManagerState | undefined): string {
  const place = state?.open.get(number);
  return place === undefined
    ? `fan-out ${number}`
    : `run ${place.run.id}, pass ${place.pass.number}, ${place.pass.step} (fan-out ${number})`;
}

function rowsOf(runId: string, rows: readonly number[], state: ManagerState | undefined): string {
  const run = state?.runs.get(runId);
  return shortList(rows.map((row) => run?.task(row).name ?? `row ${row}`));
}

function countsOf(status: Uint8Array): string {
  const count = (of: number): number => status.reduce((sum, one) => sum + (one === of ? 1 : 0), 0);
  const [done, failed] = [count(RESULT_DONE), count(RESULT_FAILED)];
  return `${done} done, ${failed} failed, ${status.length - done - failed} stopped`;
}

const shortList = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
