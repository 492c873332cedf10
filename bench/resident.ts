/**
 * A million instances in memory: what each takes, how long a snapshot of them
 * takes to write and to read, and how long a manager that reads it and the
 * journal behind it takes until it dispatches.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { apply } from '../packages/manager/src/core/apply.ts';
import { decide } from '../packages/manager/src/core/decide.ts';
import type { Decision, Input, Stamped } from '../packages/manager/src/core/events.ts';
import type { RunSpec, TaskSpec } from '../packages/manager/src/core/run-spec.ts';
import { decodeState } from '../packages/manager/src/core/snapshot/decode.ts';
import { encodeState } from '../packages/manager/src/core/snapshot/encode.ts';
import { DEFAULT_SETTINGS, emptyState, type ManagerState } from '../packages/manager/src/core/state.ts';
import { Replay } from '../packages/manager/src/shell/replay.ts';
import { encodeBatch } from '../packages/manager/src/store/codec.ts';
import type { BenchOptions } from './lib/options.ts';
import { Results } from './lib/results.ts';

const SETTINGS = DEFAULT_SETTINGS;
/** Tasks that have shards to run; all others wait for them. */
const WORKERS = 4;
const EXECUTORS = 4;
/** Shards of one event, and events of one batch, as a busy loop writes them. */
const SHARDS_A_MESSAGE = 1_024;
const MESSAGES_A_BATCH = 16;

export interface ResidentRound {
  /** Resident bytes of a node, heap and buffers, without the text of its name. */
  readonly bytesPerNode: number;
  readonly nameBytesPerNode: number;
  /** The same of the state that was read from the snapshot, with the shards that it has under way. */
  readonly restoredBytesPerNode: number;
  readonly makeSeconds: number;
  readonly encodeSeconds: number;
  /** The longest that one section took: what a loop would have been held up. */
  readonly encodePauseMs: number;
  readonly snapshotBytes: number;
  readonly decodeSeconds: number;
  readonly replaySeconds: number;
  readonly decideSeconds: number;
  /** CPU of reading, replay and first dispatch: what they would take on a machine of their own. */
  readonly restartCpuSeconds: number;
}

/** One run of `nodes` tasks with 1.5 edges each, and `events` leases and results of shards behind its snapshot. */
export function residentRound(nodes: number, events: number): ResidentRound {
  const before = resident();
  let startedAt = performance.now();
  let state: ManagerState | undefined = makeState(nodes, Math.ceil(events / 2 / WORKERS) + SHARDS_A_MESSAGE);
  const makeSeconds = since(startedAt);
  const nameBytes = nameBytesOf(state);
  const bytesPerNode = (resident() - before - nameBytes) / nodes;
  beginWork(state);
  startedAt = performance.now();
  const { sections, encodePauseMs } = encoded(state);
  const encodeSeconds = since(startedAt);
  const snapshotBytes = sections.reduce((sum, one) => sum + one.bytes.length, 0);
  const journal = journalBehind(state, events);
  state = undefined;
  const empty = resident();
  let cpu = process.cpuUsage();
  startedAt = performance.now();
  const restored = decodeState(sections, SETTINGS);
  const decodeSeconds = since(startedAt);
  let restartCpuSeconds = cpuSince(cpu);
  const restoredBytesPerNode = (resident() - empty - nameBytes) / nodes;
  cpu = process.cpuUsage();
  startedAt = performance.now();
  const replay = new Replay(SETTINGS, restored);
  for (const [i, blob] of journal.entries()) replay.add({ seq: i + 1, blob });
  const replaySeconds = since(startedAt);
  startedAt = performance.now();
  firstDispatch(replay.finish(NOW_MS, 0));
  const decideSeconds = since(startedAt);
  restartCpuSeconds += cpuSince(cpu);
  const sizes = { bytesPerNode, nameBytesPerNode: nameBytes / nodes, restoredBytesPerNode, snapshotBytes };
  return { ...sizes, makeSeconds, encodeSeconds, encodePauseMs, decodeSeconds, replaySeconds, decideSeconds, restartCpuSeconds };
}

const since = (startedAt: number): number => (performance.now() - startedAt) / 1000;

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of heap and buffers that are really used. */
function resident(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function nameBytesOf(state: ManagerState): number {
  let bytes = 0;
  for (const { tasks } of state.runs.values()) bytes += tasks.names.bytes.length + (tasks.titles?.bytes.length ?? 0);
  return bytes;
}

function encoded(state: ManagerState) {
  const sections: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  let encodePauseMs = 0;
  let at = performance.now();
  for (const section of encodeState(state)) {
    encodePauseMs = Math.max(encodePauseMs, performance.now() - at);
    sections.push(section);
    at = performance.now();
  }
  return { sections, encodePauseMs };
}

/** Layers of a hundredth each; every task waits for one of the layer before, every second for another one too. */
function layered(nodes: number, shards: number): RunSpec {
  const tasks: TaskSpec[] = [];
  const edges: RunSpec['edges'][number][] = [];
  const layer = Math.max(WORKERS, Math.floor(nodes / 100));
  for (let i = 0; i < nodes; i++) {
    const name = `task-${i}`;
    const work = i < WORKERS ? { shards } : {};
    tasks.push({ name, title: name, handler: 'noop', tagId: null, domain: null, gate: 'auto', ...work });
    if (i < WORKERS) continue;
    const first = i - WORKERS < layer ? 0 : i - layer;
    edges.push({ from: `task-${i - WORKERS < layer ? i % WORKERS : first}`, to: name, kind: 'success' });
    if (i % 2 === 0 && i - WORKERS >= layer) edges.push({ from: `task-${first - 1}`, to: name, kind: 'end' });
  }
  const head = { id: RUN, mode: 'noop', who: 'bench', createdAtMs: NOW_MS, timeZone: 'UTC', asOf: null, businessDate: null } as const;
  return { ...head, shardRows: 1, tables: null, users: null, days: null, rules: [], tasks, edges };
}

const NOW_MS = 1_800_000_000_000;
const RUN = 'large';
const TOKENS = 2 ** 36 + 100_000_000;

/** The run has started: all its tasks are registered, the first ones may begin. */
function makeState(nodes: number, shards: number): ManagerState {
  const state = emptyState(SETTINGS);
  const input = (event: Input | Decision) => apply(state, { atMs: NOW_MS, event });
  input({ type: 'term-taken', term: 1 });
  input({ type: 'tokens-reserved', upTo: TOKENS });
  for (let i = 0; i < EXECUTORS; i++) input(joined(i));
  input({ type: 'run-created', spec: layered(nodes, shards) });
  input({ type: 'run-started', runId: RUN });
  // The shell does so after each turn.
  state.dirty.instances.clear();
  return state;
}

/** The first tasks are in their passes, with shards to run. */
function beginWork(state: ManagerState): void {
  for (let row = 0; row < WORKERS; row++) apply(state, { atMs: NOW_MS, event: { type: 'pass-formed', runId: RUN, rows: [row] } });
}

const joined = (number: number): Input => {
  const id = `executor-${number}`;
  return { type: 'executor-joined', id, name: id, instance: `${id}-1`, slots: 1, version: '1', labels: {}, held: [] };
};

/** Batches in which shards are leased and then done, one message each. */
function journalBehind(state: ManagerState, events: number): Uint8Array[] {
  const batches: Uint8Array[] = [];
  let batch: Stamped[] = [];
  const fanOuts = [...state.open.keys()];
  const nextShard = fanOuts.map(() => 0);
  let token = state.tokenNext;
  let left = Math.floor(events / 2);
  for (let i = 0; left > 0; i++) {
    const at = i % fanOuts.length;
    const count = Math.min(SHARDS_A_MESSAGE, left);
    const shards = Uint32Array.from({ length: count }, (_, j) => nextShard[at]! + j);
    nextShard[at]! += count;
    left -= count;
    const base = { executor: `executor-${at}`, fanOut: fanOuts[at]!, shards };
    const tokens = Float64Array.from({ length: count }, (_, j) => token + j);
    batch.push({ atMs: NOW_MS + i, event: { type: 'leased', ...base, firstToken: token } });
    batch.push({ atMs: NOW_MS + i, event: { type: 'results', ...base, tokens, status: new Uint8Array(count), details: null } });
    token += count;
    if (batch.length < MESSAGES_A_BATCH && left > 0) continue;
    batches.push(encodeBatch(batch));
    batch = [];
  }
  return batches;
}

/** The first tokens are reserved and the first executor is back: the first shards go out. */
function firstDispatch(state: ManagerState): void {
  apply(state, { atMs: NOW_MS, event: { type: 'tokens-reserved', upTo: 2 * TOKENS } });
  apply(state, { atMs: NOW_MS, event: joined(0) });
  const { effects } = decide(state, NOW_MS, 0);
  if (!effects.some((effect) => effect.type === 'dispatch')) throw new Error('nothing was dispatched behind the snapshot');
}

/** Memory and times of a million instances. */
export async function benchResident(options: BenchOptions): Promise<void> {
  const results = new Results('resident', options);
  for (let i = 0; i < options.rounds; i++) {
    const round = residentRound(options.nodes, options.events);
    const add = (work: string, unit: 's' | 'bytes', value: number, details: Readonly<Record<string, number>>) =>
      results.add({ subject: 'tagmill', work, unit, value, details });
    const instances = `${options.nodes} instances`;
    const { nameBytesPerNode, restoredBytesPerNode, snapshotBytes, encodePauseMs, makeSeconds } = round;
    await add(`memory of one of ${instances}`, 'bytes', round.bytesPerNode, { nameBytesPerNode, restoredBytesPerNode });
    await add(`snapshot of ${instances}`, 's', round.encodeSeconds, { snapshotBytes, encodePauseMs, makeMs: makeSeconds * 1000 });
    const { decodeSeconds, replaySeconds, decideSeconds, restartCpuSeconds } = round;
    await add(
      `restart of ${instances}, ${options.events} shard events behind their snapshot`,
      's',
      decodeSeconds + replaySeconds + decideSeconds,
      {
        decodeMs: decodeSeconds * 1000,
        replayMs: replaySeconds * 1000,
        decideMs: decideSeconds * 1000,
        restartCpuMs: restartCpuSeconds * 1000,
      },
    );
  }
}
