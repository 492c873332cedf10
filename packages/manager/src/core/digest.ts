/**
 * The journaled part of the state as plain JSON, for comparing: what a replay
 * of the journal must give again. What heartbeats and streams say is left out,
 * and so is whether a delayed shard was woken yet, which the clock decides.
 */
import type { FanOut } from './fan-out.ts';
import type { Pass } from './pass.ts';
import type { Run } from './run.ts';
import type { ManagerState } from './state.ts';

export function digest(state: ManagerState): unknown {
  return {
    term: state.term,
    tokenNext: state.tokenNext,
    tokensReserved: state.tokensReserved,
    nextFanOut: state.nextFanOut,
    queue: [...state.queue],
    open: [...state.open.keys()],
    merging: state.merging === null ? null : `${state.merging.run.id}/${state.merging.pass.number}`,
    ignoredResults: state.ignoredResults,
    settled: { ...state.settled },
    runs: [...state.runs.values()].map(runDigest),
    executors: [...state.executors.values()].map(
      ({ id, number, instance, slots, slotsUsed, tinyLeased, shardsDone, shardsFailed, state: at }) => ({
        id,
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

const runDigest = (run: Run): unknown => ({
  id: run.id,
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
  businessDate: run.plan?.businessDate ?? null,
  passTags: [...run.passTags.keys()],
  refusedTags: [...run.refusedTags],
  passes: run.passes.map(passDigest),
});

const passDigest = (pass: Pass): unknown => ({
  number: pass.number,
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
  sureSinceTerm: pass.sureSinceTerm,
  targetSinceMs: pass.targetSinceMs,
  undoes: pass.undoes,
  undone: [...pass.undone],
  fanOut: pass.fanOut === null ? null : fanOutDigest(pass.fanOut),
});

const fanOutDigest = (fanOut: FanOut): unknown => ({
  id: fanOut.id,
  state: [...fanOut.state],
  attempt: [...fanOut.attempt],
  executor: [...fanOut.executor],
  token: [...fanOut.token],
  losses: [...fanOut.losses],
  failures: [...fanOut.failures],
});
