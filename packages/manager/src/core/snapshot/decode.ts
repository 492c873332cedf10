import { TagmillError } from '@tagmill/shared/errors';
import { LEASED } from '../fan-out.ts';
import { emptyState, type Executor, type FanOutPlace, type ManagerState, type Settings } from '../state.ts';
import { decodeRun } from './decode-run.ts';
import { need, SectionReader, unusable } from './reader.ts';
import { type SnapshotSection, STATE_FORMAT } from './section.ts';
import { wrongIn } from './shape.ts';
import { EXECUTOR, HEAD } from './shapes.ts';

interface Head {
  readonly term: number;
  readonly atMs: number;
  readonly tokenNext: number;
  readonly tokensReserved: number;
  readonly nextFanOut: number;
  readonly ignoredResults: number;
  readonly settled: { readonly accepted: number; readonly redone: number };
  readonly runs: number;
  readonly executorNumbers: number;
  readonly queue: readonly string[];
  readonly open: readonly number[];
  readonly merging: { readonly run: string; readonly pass: number } | null;
}

/** Beyond it a number of executors is a lie: it would only cost memory. */
const MOST_EXECUTORS = 2 ** 24;

/**
 * The state that was written, ready for the events behind it; what can be
 * counted is counted again. Errors: SNAPSHOT_UNUSABLE for bytes that cannot be
 * such a state, whatever they are; CONFIG_INVALID for a newer format.
 */
export function decodeState(sections: Iterable<SnapshotSection>, settings: Settings): ManagerState {
  try {
    return decode(new SectionReader(sections), settings);
  } catch (error) {
    if (error instanceof TagmillError) throw error;
    throw unusable(error instanceof Error ? error.message : String(error));
  }
}

function decode(reader: SectionReader, settings: Settings): ManagerState {
  const [format] = reader.u32(1);
  if (format! > STATE_FORMAT) {
    throw new TagmillError(
      'CONFIG_INVALID',
      `the snapshot is of format ${format}, and this version reads ${STATE_FORMAT}: start the version that wrote it, or a newer one`,
    );
  }
  need(format! > 0, `its format is ${format}`);
  const head = reader.json();
  const wrong = wrongIn(HEAD, head);
  need(wrong === undefined, `${wrong} of its head is missing or of another form`);
  const state = stateOf(head as Head, settings);
  decodeExecutors(reader, state, (head as Head).executorNumbers);
  for (let i = 0; i < (head as Head).runs; i++) {
    const run = decodeRun(reader, state);
    need(!state.runs.has(run.id), `the run ${run.id} stands there twice`);
    state.runs.set(run.id, run);
  }
  reader.end();
  joinUp(state, head as Head);
  countLeases(state);
  return state;
}

function stateOf(head: Head, settings: Settings): ManagerState {
  const state = emptyState(settings);
  state.term = head.term;
  state.atMs = head.atMs;
  state.tokenNext = head.tokenNext;
  state.tokensReserved = head.tokensReserved;
  state.nextFanOut = head.nextFanOut;
  state.ignoredResults = head.ignoredResults;
  state.settled.accepted = head.settled.accepted;
  state.settled.redone = head.settled.redone;
  state.queue.push(...head.queue);
  return state;
}

function decodeExecutors(reader: SectionReader, state: ManagerState, numbers: number): void {
  need(numbers <= MOST_EXECUTORS, `it counts ${numbers} executors`);
  state.executorAt.length = numbers;
  state.executorAt.fill(undefined);
  for (const one of reader.list()) {
    const wrong = wrongIn(EXECUTOR, one);
    need(wrong === undefined, `${wrong} of an executor is missing or of another form`);
    const kept = one as Omit<Executor, 'slotsUsed' | 'tinyLeased'>;
    // What heartbeats and the stream say is not kept: as a replay leaves it.
    const executor: Executor = {
      number: kept.number,
      id: kept.id,
      name: kept.name,
      instance: kept.instance,
      slots: kept.slots,
      version: kept.version,
      labels: kept.labels,
      state: kept.state,
      drainAsked: kept.drainAsked,
      joinedAtMs: kept.joinedAtMs,
      slotsUsed: 0,
      tinyLeased: 0,
      shardsDone: kept.shardsDone,
      shardsFailed: kept.shardsFailed,
      lastHeardMs: kept.joinedAtMs,
      heardAtMs: Number.NaN,
      disconnectedMs: null,
      cpuPercent: null,
      memoryBytes: null,
      loopLagMs: null,
    };
    need(
      executor.number < numbers && state.executorAt[executor.number] === undefined,
      `executor ${executor.id} has a number that is taken`,
    );
    need(!state.executors.has(executor.id), `executor ${executor.id} stands there twice`);
    state.executors.set(executor.id, executor);
    state.executorAt[executor.number] = executor;
  }
}

/** Names become what they name. */
function joinUp(state: ManagerState, head: Head): void {
  for (const id of head.queue) need(state.runs.get(id)?.state === 'queued', `the run ${id} waits for its turn and is not there`);
  const places = new Map<number, FanOutPlace>();
  for (const run of state.runs.values()) {
    for (const pass of run.passes) {
      if (pass.fanOut === null) continue;
      need(!places.has(pass.fanOut.id), `fan-out ${pass.fanOut.id} stands there twice`);
      places.set(pass.fanOut.id, { run, pass, fanOut: pass.fanOut });
    }
  }
  for (const id of head.open) {
    const place = places.get(id);
    need(
      place !== undefined && id < head.nextFanOut && !state.open.has(id) && !place.fanOut.retired,
      `fan-out ${id} has work left and is not there`,
    );
    state.open.set(id, place);
  }
  if (head.merging === null) return;
  const run = state.runs.get(head.merging.run);
  const pass = run?.passes[head.merging.pass - 1];
  need(run !== undefined && pass !== undefined, `pass ${head.merging.pass} of ${head.merging.run} merges and is not there`);
  state.merging = { run, pass };
}

function countLeases(state: ManagerState): void {
  for (const { fanOut } of state.open.values()) {
    if (fanOut.leased === 0) continue;
    for (let shard = 0; shard < fanOut.count; shard++) {
      if (fanOut.state[shard] !== LEASED) continue;
      const executor = state.executorAt[fanOut.executor[shard]! - 1];
      need(executor !== undefined, `shard ${shard} of fan-out ${fanOut.id} is leased to nobody`);
      if (fanOut.tiny) executor.tinyLeased += 1;
      else executor.slotsUsed += 1;
    }
  }
}
