/**
 * The journaled part of the state as plain JSON, for comparing: what a replay
 * of the journal must give again. What heartbeats and streams say is left out,
 * and so is whether a delayed shard was woken yet, which the clock decides.
 * `exact` adds that too, and what never changes once it is there: two replays
 * must agree in it.
 */
import type { FanOut } from './fan-out.ts';
import { predecessors, successors } from './graph.ts';
import type { Pass } from './pass.ts';
import type { Run } from './run.ts';
import type { ManagerState } from './state.ts';

export function digest(state: ManagerState, exact = false): unknown {
  return {
    ...(exact ? { atMs: state.atMs, executorNumbers: state.executorAt.map((one) => one?.id ?? null) } : {}),
    term: state.term,
    tokenNext: state.tokenNext,
    tokensReserved: state.tokensReserved,
    nextFanOut: state.nextFanOut,
    queue: [...state.queue],
    open: [...state.open.keys()],
    merging: state.merging === null ? null : `${state.merging.run.id}/${state.merging.pass.number}`,
    ignoredResults: state.ignoredResults,
    settled: { ...state.settled },
    runs: [...state.runs.values()].map((run) => runDigest(run, exact)),
    executors: [...state.executors.values()].map(
      ({
        id,
        number,
        name,
        instance,
        version,
        labels,
        slots,
        slotsUsed,
        tinyLeased,
        shardsDone,
        shardsFailed,
        drainAsked,
        joinedAtMs,
        state: at,
      }) => ({
        id,
        name,
        version,
        labels,
        drainAsked,
        joinedAtMs,
        number,
        instance,
        slots,
        slotsUsed,
        tinyLeased,
        shardsDone,
        shardsFailed,
        at,
      }),
    ),
  };
}

const runDigest = (run: Run, exact: boolean): unknown => ({
  id: run.id,
  ...(exact ? fixedDigest(run) : {}),
  state: run.state,
  error: run.error,
  startedMs: run.startedMs,
  endedMs: run.endedMs,
  states: [...run.stateColumn],
  flags: [...run.flags],
  waitingOn: [...run.waitingOn],
  passOf: [...run.passOf],
  startedAt: [...run.startedAtMs],
  endedAt: [...run.endedAtMs],
  errors: [...run.errors],
  stories: Array.from({ length: run.size }, (_, row) => [run.stories.linesOf(row), run.stories.droppedOf(row)]),
  candidates: [...run.candidates],
  counts: [...run.counts],
  held: run.held,
  changes: run.changes,
  reasons: [...run.reasons],
  breaches: [...run.breaches],
  businessDate: run.plan?.businessDate ?? null,
  passTags: [...run.passTags.keys()],
  refusedTags: [...run.refusedTags],
  passes: run.passes.map((pass) => passDigest(pass, exact)),
});

/** What a run is made of, and what its plan found. */
const fixedDigest = (run: Run): object => ({
  spec: run.spec,
  tasks: run
    .allTasks()
    .map(({ name, title, handler, tagId, domain, gate, shards }) => ({ name, title, handler, tagId, domain, gate, shards })),
  edges: Array.from({ length: run.size }, (_, row) => [[...successors(run.graph, row)], [...predecessors(run.graph, row)]]),
  plan: run.plan,
  clock: run.clock,
  users: run.users,
  tags: [...run.passTags.values()],
});

const passDigest = (pass: Pass, exact: boolean): unknown => ({
  number: pass.number,
  kind: pass.kind,
  rows: pass.rows,
  members: [...pass.members],
  leaving: [...pass.leaving],
  step: pass.step,
  phase: pass.phase,
  abandoned: pass.abandoned,
  hashes: pass.pieceHash,
  at: [...pass.pieceAt],
  scopes: pass.scopes,
  scopeOf: [...pass.scopeOf],
  totals: [...pass.totals],
  left: [...pass.left],
  attempts: pass.attempts,
  bytesRead: pass.bytesRead,
  stepStartedMs: pass.stepStartedMs,
  stepEndedMs: pass.stepEndedMs,
  leasedAtMs: [...pass.leasedAtMs],
  history: pass.history,
  recent: pass.recent,
  users: pass.users,
  conflicts: pass.conflicts,
  unreadableRows: pass.unreadableRows,
  sureSinceTerm: pass.sureSinceTerm,
  targetSinceMs: pass.targetSinceMs,
  outerNumber: pass.outerNumber,
  undoes: pass.undoes,
  basis: pass.basis,
  undone: [...pass.undone],
  fanOut: pass.fanOut === null ? null : fanOutDigest(pass.fanOut, exact),
});

const fanOutDigest = (fanOut: FanOut, exact: boolean): unknown => ({
  id: fanOut.id,
  step: fanOut.step,
  count: fanOut.count,
  tiny: fanOut.tiny,
  counts: [fanOut.leased, fanOut.done, fanOut.failed, fanOut.unsure],
  ...(exact ? { queue: fanOut.queue, delayed: [...fanOut.delayed], waitingSinceMs: fanOut.waitingSinceMs } : {}),
  state: [...fanOut.state],
  attempt: [...fanOut.attempt],
  executor: [...fanOut.executor],
  token: [...fanOut.token],
  losses: [...fanOut.losses],
  failures: [...fanOut.failures],
});
