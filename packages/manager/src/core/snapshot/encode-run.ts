import type { Run } from '../run.ts';
import { encodePass } from './encode-pass.ts';
import type { SnapshotSection } from './section.ts';
import { encodeStories } from './stories.ts';
import type { SectionWriter } from './writer.ts';

export function* encodeRun(writer: SectionWriter, run: Run): Generator<SnapshotSection> {
  const { id, tasks, graph } = run;
  yield* writer.json(`run ${id}`, headOf(run));
  yield* writer.column(`names of ${id}`, tasks.names.ends);
  yield* writer.column(`names of ${id}`, tasks.names.bytes);
  if (tasks.titles !== null) {
    yield* writer.column(`titles of ${id}`, tasks.titles.ends);
    yield* writer.column(`titles of ${id}`, tasks.titles.bytes);
  }
  yield* writer.column(`tasks of ${id}`, tasks.kinds);
  if (tasks.tagIds !== null) yield* writer.column(`tags of ${id}`, tasks.tagIds);
  if (tasks.shards !== null) yield* writer.column(`shards of ${id}`, tasks.shards);
  yield* writer.column(`graph of ${id}`, graph.outStart);
  yield* writer.column(`graph of ${id}`, graph.out);
  yield* writer.column(`graph of ${id}`, graph.needsSuccess);
  yield* writer.column(`states of ${id}`, run.stateColumn);
  yield* writer.column(`flags of ${id}`, run.flags);
  yield* writer.column(`passes of ${id}`, run.passOf);
  yield* writer.column(`times of ${id}`, run.startedAtMs);
  yield* writer.column(`times of ${id}`, run.endedAtMs);
  yield* writer.column(`candidates of ${id}`, Uint32Array.from(run.candidates));
  yield* writer.list(`errors of ${id}`, run.errors);
  yield* writer.list(`reasons of ${id}`, run.reasons);
  yield* encodeStories(writer, run);
  for (const pass of run.passes) yield* encodePass(writer, run, pass);
}

const headOf = (run: Run) => ({
  spec: run.spec,
  state: run.state,
  startedMs: run.startedMs,
  endedMs: run.endedMs,
  error: run.error,
  plan: run.plan,
  clock: run.clock,
  users: run.users,
  passTags: [...run.passTags],
  refusedTags: [...run.refusedTags],
  // Most runs have none: snapshots of before can be read.
  ...(run.breaches.size === 0 ? {} : { breaches: [...run.breaches] }),
  changes: run.changes,
  passes: run.passes.length,
  titles: run.tasks.titles !== null,
  tagIds: run.tasks.tagIds !== null,
  shards: run.tasks.shards !== null,
});
