import type { TagBreach } from '@tagmill/shared/tag-policy';
import { INSTANCE_STATES } from '@tagmill/shared/words';
import { graphOf } from '../graph.ts';
import { isSettled } from '../instances.ts';
import { HELD, type InstanceError, Run } from '../run.ts';
import type { RunHead } from '../run-spec.ts';
import type { ManagerState } from '../state.ts';
import { stateNumber } from '../states/table.ts';
import { isKind, type TaskColumns } from '../task-columns.ts';
import { TextColumn } from '../text-column.ts';
import { decodePass } from './decode-pass.ts';
import { need, type SectionReader } from './reader.ts';
import { wrongIn } from './shape.ts';
import { ROW_ERROR, ROW_REASON, RUN } from './shapes.ts';
import { decodeStories } from './stories.ts';

interface Head extends Pick<Run, 'state' | 'startedMs' | 'endedMs' | 'error' | 'plan' | 'clock' | 'users' | 'changes'> {
  readonly spec: RunHead;
  readonly passTags: Iterable<readonly [number, NonNullable<ReturnType<Run['passTags']['get']>>]>;
  readonly refusedTags: Iterable<readonly [number, InstanceError]>;
  readonly breaches?: Iterable<readonly [number, TagBreach]>;
  readonly passes: number;
  readonly titles: boolean;
  readonly tagIds: boolean;
  readonly shards: boolean;
}

export function decodeRun(reader: SectionReader, state: ManagerState): Run {
  const head = reader.json() as Head;
  const wrong = wrongIn(RUN, head);
  need(wrong === undefined, `${wrong} of a run is missing or of another form`);
  const { id } = head.spec;
  const tasks = decodeTasks(reader, head, id);
  const outStart = reader.u32(tasks.names.length + 1);
  const out = reader.u32(outStart.at(-1));
  const needsSuccess = reader.u8(out.length);
  need(outStart[0] === 0 && rises(outStart), `the edges of ${id} lie where none can be`);
  const run = new Run(head.spec, tasks, graphOf(outStart, out, needsSuccess));
  takeHead(run, head);
  decodeInstances(reader, run);
  decodeStories(reader, run);
  for (let number = 1; number <= head.passes; number++) run.passes.push(decodePass(reader, run, number, state));
  for (let row = 0; row < run.size; row++) need(run.passOf[row]! <= head.passes, `a task of ${id} is in pass ${run.passOf[row]}`);
  return run;
}

function decodeTasks(reader: SectionReader, head: Head, id: string): TaskColumns {
  const names = decodeTexts(reader, id);
  const titles = head.titles ? decodeTexts(reader, id) : null;
  need(titles === null || titles.length === names.length, `${id} has another number of titles than of tasks`);
  const kinds = reader.u8(names.length);
  need(kinds.every(isKind), `a task of ${id} has a handler that there is not`);
  const tagIds = head.tagIds ? reader.f64(names.length) : null;
  const shards = head.shards ? reader.f64(names.length) : null;
  return { names, titles, kinds, tagIds, shards };
}

function decodeTexts(reader: SectionReader, id: string): TextColumn {
  const ends = reader.u32();
  const bytes = reader.u8();
  need(rises(ends) && (ends.at(-1) ?? 0) === bytes.length, `the names of ${id} lie where none can be`);
  return new TextColumn(bytes, ends);
}

function rises(column: Uint32Array): boolean {
  for (let i = 1; i < column.length; i++) if (column[i]! < column[i - 1]!) return false;
  return true;
}

function takeHead(run: Run, head: Head): void {
  run.state = head.state;
  run.startedMs = head.startedMs;
  run.endedMs = head.endedMs;
  run.error = head.error;
  run.plan = head.plan;
  run.clock = head.clock;
  run.users = head.users;
  run.changes = head.changes;
  for (const [tagId, tag] of head.passTags) run.passTags.set(tagId, tag);
  for (const [tagId, error] of head.refusedTags) run.refusedTags.set(tagId, error);
  for (const [row, breach] of head.breaches ?? []) {
    need(row < run.size, `a task of ${run.id} that is not there was held by the check`);
    run.breaches.set(row, breach);
  }
}

function decodeInstances(reader: SectionReader, run: Run): void {
  run.stateColumn.set(reader.u8(run.size));
  run.flags.set(reader.u8(run.size));
  run.passOf.set(reader.u32(run.size));
  run.startedAtMs.set(reader.f64(run.size));
  run.endedAtMs.set(reader.f64(run.size));
  need(
    run.stateColumn.every((at) => at < INSTANCE_STATES.length),
    `a task of ${run.id} is in a state that there is not`,
  );
  count(run);
  const pending = stateNumber('pending');
  for (const row of reader.u32()) {
    need(run.stateColumn[row] === pending, `task ${row} of ${run.id} may begin and is not pending`);
    run.candidates.add(row);
  }
  for (const entry of reader.list()) {
    const [row, error] = entry as [number, InstanceError];
    need(ROW_ERROR(entry) && row < run.size, `an error of ${run.id} is of another form`);
    run.errors.set(row, error);
  }
  for (const entry of reader.list()) {
    const [row, reason] = entry as [number, string];
    need(ROW_REASON(entry) && row < run.size, `a reason of ${run.id} is of another form`);
    run.reasons.set(row, reason);
  }
}

/** What follows from the states: counts, held ones, and how many each waits for. */
function count(run: Run): void {
  run.counts.fill(0);
  run.waitingOn.fill(0);
  run.held = 0;
  const { outStart, out, needsSuccess } = run.graph;
  for (let row = 0; row < run.size; row++) {
    run.counts[run.stateColumn[row]!]! += 1;
    if (run.has(row, HELD)) run.held += 1;
    const at = run.stateAt(row);
    const success = at === 'succeeded' || at === 'skipped';
    const end = isSettled(run, row);
    if (success && end) continue;
    for (let e = outStart[row]!; e < outStart[row + 1]!; e++) if (!(needsSuccess[e] === 1 ? success : end)) run.waitingOn[out[e]!]! += 1;
  }
}
