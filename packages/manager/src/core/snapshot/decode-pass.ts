import type { AttemptRecord } from '@tagmill/shared/feed/views';
import type { Step } from '@tagmill/shared/words';
import { FanOut, LEASED, UNSURE, WAITING } from '../fan-out.ts';
import { type LeaveTarget, Pass, type Progress, type TagTotals } from '../pass.ts';
import type { Run } from '../run.ts';
import type { ManagerState } from '../state.ts';
import { PASS_NUMBERS, TOTALS } from './encode-pass.ts';
import { need, type SectionReader } from './reader.ts';
import { wrongIn } from './shape.ts';
import { PASS } from './shapes.ts';

interface Head extends Pick<Pass, 'kind' | 'step' | 'phase' | 'abandoned' | 'sureSinceTerm' | 'undoes' | 'stepStartedMs' | 'stepEndedMs'> {
  readonly leaving: readonly (readonly [number, { target: LeaveTarget; remaining: number }])[];
  readonly left: readonly (readonly [number, Progress])[];
  readonly scopes: readonly number[][];
  readonly outerNumber?: number;
  readonly basis?: readonly (readonly [number, number])[];
  readonly history: readonly AttemptRecord[];
  readonly recent: readonly AttemptRecord[];
  readonly fanOut: FanOutHead | null;
}

interface FanOutHead {
  readonly id: number;
  readonly step: Step;
  readonly count: number;
  readonly tiny: boolean;
  readonly fresh: number;
  readonly retired: boolean;
}

export function decodePass(reader: SectionReader, run: Run, number: number, state: ManagerState): Pass {
  const name = `pass ${number} of ${run.id}`;
  const head = reader.json() as Head;
  const wrong = wrongIn(PASS, head);
  need(wrong === undefined, `${wrong} of ${name} is missing or of another form`);
  const numbers = reader.f64(PASS_NUMBERS);
  const rows = reader.u32();
  const pass = new Pass(number, head.outerNumber ?? number, head.kind, Array.from(rows), head.step);
  takeHead(pass, head, numbers);
  pass.members.clear();
  for (const row of reader.u32()) pass.members.add(row);
  for (const row of reader.u32()) pass.undone.add(row);
  const known = [...rows, ...pass.members, ...pass.undone, ...pass.leaving.keys(), ...pass.left.keys()];
  need(rows.length > 0 && known.every((row) => row < run.size), `${name} has tasks that are not there`);
  need(pass.undoes < number, `${name} undoes a later one`);
  decodePieces(reader, pass, name, state.executorAt.length);
  decodeTotals(reader, pass, name);
  const shards = reader.u32();
  const leasedAtMs = reader.f64(shards.length);
  for (const [i, shard] of shards.entries()) pass.leasedAtMs.set(shard, leasedAtMs[i]!);
  if (head.fanOut !== null) pass.fanOut = decodeFanOut(reader, head.fanOut, name, state.executorAt.length);
  return pass;
}

function takeHead(pass: Pass, head: Head, numbers: Float64Array): void {
  pass.phase = head.phase;
  pass.abandoned = head.abandoned;
  pass.sureSinceTerm = head.sureSinceTerm;
  pass.undoes = head.undoes;
  pass.basis = head.basis ?? [];
  for (const [row, leaving] of head.leaving) pass.leaving.set(row, leaving);
  for (const [row, progress] of head.left) pass.left.set(row, progress);
  pass.scopes.push(...head.scopes);
  Object.assign(pass.stepStartedMs, head.stepStartedMs);
  Object.assign(pass.stepEndedMs, head.stepEndedMs);
  pass.history.push(...head.history);
  pass.recent.push(...head.recent);
  const [evaluated, inserted, updated, unchanged, conflicts, unreadableRows, bytesRead, attempts, targetSinceMs] = numbers;
  pass.users = { evaluated: evaluated!, inserted: inserted!, updated: updated!, unchanged: unchanged! };
  pass.conflicts = conflicts!;
  pass.unreadableRows = unreadableRows!;
  pass.bytesRead = bytesRead!;
  pass.attempts = attempts!;
  pass.targetSinceMs = targetSinceMs!;
}

function decodePieces(reader: SectionReader, pass: Pass, name: string, executors: number): void {
  pass.pieceHash = [...reader.list()] as string[];
  pass.pieceAt = reader.u32(pass.pieceHash.length);
  pass.scopeOf = reader.u16();
  const isHash = (hash: unknown) => typeof hash === 'string';
  need(pass.pieceHash.every(isHash) && pass.pieceAt.every((at) => at <= executors), `a piece of ${name} lies nowhere`);
  need(
    pass.scopeOf.every((scope) => scope < Math.max(1, pass.scopes.length)),
    `a shard of ${name} was leased under a scope that is not there`,
  );
}

function decodeTotals(reader: SectionReader, pass: Pass, name: string): void {
  const column = reader.f64();
  const width = TOTALS.length + 1;
  need(column.length % width === 0, `the totals of ${name} are cut off`);
  for (let at = 0; at < column.length; at += width) {
    const totals: TagTotals = pass.tag(column[at]!);
    TOTALS.forEach((of, i) => {
      totals[of] = column[at + 1 + i]!;
    });
  }
}

function decodeFanOut(reader: SectionReader, head: FanOutHead, name: string, executors: number): FanOut {
  const state = reader.u8(head.count);
  const fanOut = new FanOut(head.id, head.step, head.count, head.tiny, 0);
  fanOut.state.set(state);
  const kept = head.retired ? 0 : head.count;
  fanOut.attempt = reader.u16(kept);
  fanOut.executor = reader.u32(kept);
  fanOut.token = reader.f64(kept);
  fanOut.losses = reader.u8(kept);
  fanOut.failures = reader.u8(kept);
  const returned = reader.u32();
  const delayed = reader.u32();
  const due = reader.f64(delayed.length);
  fanOut.waitingSinceMs = reader.f64(1)[0]!;
  need(highest(fanOut.state) <= UNSURE && highest(fanOut.executor) <= executors, `a shard of ${name} is in no state`);
  for (const [i, shard] of delayed.entries()) fanOut.delayed.set(shard, due[i]!);
  fanOut.restore(head.fresh, Array.from(returned));
  need(!head.retired || fanOut.pending === 0, `a shard of ${name} is under way, and its attempt was forgotten`);
  need(waitsOnce(fanOut, [...returned, ...delayed]), `a shard of ${name} waits nowhere, or twice`);
  return fanOut;
}

function highest(column: Uint8Array | Uint32Array): number {
  let most = 0;
  for (let i = 0; i < column.length; i++) if (column[i]! > most) most = column[i]!;
  return most;
}

/** Every waiting shard is either fresh, or came back, or is delayed. */
function waitsOnce(fanOut: FanOut, back: readonly number[]): boolean {
  const { fresh } = fanOut.queue;
  if (fresh > fanOut.count) return false;
  const seen = new Set<number>();
  for (const shard of back) {
    if (fanOut.state[shard] !== WAITING || shard >= fresh || seen.has(shard)) return false;
    seen.add(shard);
  }
  let waiting = 0;
  const { state, executor, count } = fanOut;
  for (let shard = 0; shard < count; shard++) {
    const at = state[shard]!;
    if (at === WAITING) waiting += 1;
    else if (shard >= fresh) return false;
    if (at === LEASED && executor[shard] === 0) return false;
  }
  return waiting === fanOut.count - fresh + back.length;
}
