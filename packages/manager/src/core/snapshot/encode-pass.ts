import type { FanOut } from '../fan-out.ts';
import type { Pass, TagTotals } from '../pass.ts';
import type { Run } from '../run.ts';
import type { SnapshotSection } from './section.ts';
import type { SectionWriter } from './writer.ts';

export function* encodePass(writer: SectionWriter, run: Run, pass: Pass): Generator<SnapshotSection> {
  const name = `pass ${pass.number} of ${run.id}`;
  yield* writer.json(name, headOf(pass));
  yield* writer.column(name, numbersOf(pass));
  yield* writer.column(name, Uint32Array.from(pass.rows));
  yield* writer.column(name, Uint32Array.from(pass.members));
  yield* writer.column(name, Uint32Array.from(pass.undone));
  yield* writer.list(name, pass.pieceHash);
  yield* writer.column(name, pass.pieceAt);
  yield* writer.column(name, pass.scopeOf);
  yield* writer.column(name, totalsOf(pass.totals));
  yield* writer.column(name, Uint32Array.from(pass.leasedAtMs.keys()));
  yield* writer.column(name, Float64Array.from(pass.leasedAtMs.values()));
  if (pass.fanOut !== null) yield* encodeFanOut(writer, name, pass.fanOut);
}

const headOf = (pass: Pass) => ({
  ...(pass.outerNumber === pass.number ? {} : { outerNumber: pass.outerNumber }),
  kind: pass.kind,
  step: pass.step,
  phase: pass.phase,
  abandoned: pass.abandoned,
  leaving: [...pass.leaving],
  left: [...pass.left],
  scopes: pass.scopes,
  sureSinceTerm: pass.sureSinceTerm,
  undoes: pass.undoes,
  // What most passes lack is not written: snapshots of before can be read.
  ...(pass.basis.length === 0 ? {} : { basis: pass.basis }),
  stepStartedMs: pass.stepStartedMs,
  stepEndedMs: pass.stepEndedMs,
  history: pass.history,
  recent: pass.recent,
  fanOut: pass.fanOut === null ? null : fanOutHead(pass.fanOut),
});

const fanOutHead = (fanOut: FanOut) => ({
  id: fanOut.id,
  step: fanOut.step,
  count: fanOut.count,
  tiny: fanOut.tiny,
  fresh: fanOut.queue.fresh,
  retired: fanOut.retired,
});

/** Sums of what executors said: as numbers, since a sum may be beyond what JSON can say. */
export const PASS_NUMBERS = 9;

const numbersOf = (pass: Pass): Float64Array =>
  Float64Array.of(
    pass.users.evaluated,
    pass.users.inserted,
    pass.users.updated,
    pass.users.unchanged,
    pass.conflicts,
    pass.unreadableRows,
    pass.bytesRead,
    pass.attempts,
    pass.targetSinceMs,
  );

/** Numbers of one tag: its id, then these in this order. */
export const TOTALS = ['evaluated', 'matched', 'unknown', 'entered', 'exited'] as const satisfies readonly (keyof TagTotals)[];

function totalsOf(totals: ReadonlyMap<number, TagTotals>): Float64Array {
  const column = new Float64Array(totals.size * (TOTALS.length + 1));
  let at = 0;
  for (const [tagId, of] of totals) {
    column[at++] = tagId;
    for (const name of TOTALS) column[at++] = of[name];
  }
  return column;
}

function* encodeFanOut(writer: SectionWriter, name: string, fanOut: FanOut): Generator<SnapshotSection> {
  yield* writer.column(name, fanOut.state);
  yield* writer.column(name, fanOut.attempt);
  yield* writer.column(name, fanOut.executor);
  yield* writer.column(name, fanOut.token);
  yield* writer.column(name, fanOut.losses);
  yield* writer.column(name, fanOut.failures);
  yield* writer.column(name, Uint32Array.from(fanOut.queue.returned));
  yield* writer.column(name, Uint32Array.from(fanOut.delayed.keys()));
  yield* writer.column(name, Float64Array.from(fanOut.delayed.values()));
  yield* writer.column(name, Float64Array.of(fanOut.waitingSinceMs));
}
