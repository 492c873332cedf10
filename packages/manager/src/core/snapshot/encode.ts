import type { Executor, ManagerState } from '../state.ts';
import { encodeRun } from './encode-run.ts';
import { type SnapshotSection, STATE_FORMAT } from './section.ts';
import { SectionWriter } from './writer.ts';

/**
 * The journaled part of the state as bytes, the same for equal states; what
 * heartbeats and streams say is left out, and so is what can be counted again.
 * The state must not change while the sections are drawn.
 */
export function* encodeState(state: ManagerState): Generator<SnapshotSection> {
  const writer = new SectionWriter();
  yield* writer.column('format', Uint32Array.of(STATE_FORMAT));
  yield* writer.json('head', headOf(state));
  yield* writer.list('executors', [...state.executors.values()].map(executorOf), 256);
  for (const run of state.runs.values()) yield* encodeRun(writer, run);
  yield* writer.end();
}

const headOf = (state: ManagerState) => ({
  term: state.term,
  atMs: state.atMs,
  tokenNext: state.tokenNext,
  tokensReserved: state.tokensReserved,
  nextFanOut: state.nextFanOut,
  ignoredResults: state.ignoredResults,
  settled: state.settled,
  runs: state.runs.size,
  executorNumbers: state.executorAt.length,
  queue: state.queue,
  open: [...state.open.keys()],
  merging: state.merging === null ? null : { run: state.merging.run.id, pass: state.merging.pass.number },
});

const executorOf = (executor: Executor) => ({
  number: executor.number,
  id: executor.id,
  name: executor.name,
  instance: executor.instance,
  slots: executor.slots,
  version: executor.version,
  labels: executor.labels,
  state: executor.state,
  drainAsked: executor.drainAsked,
  joinedAtMs: executor.joinedAtMs,
  shardsDone: executor.shardsDone,
  shardsFailed: executor.shardsFailed,
});
