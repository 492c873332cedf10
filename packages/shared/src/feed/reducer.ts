/**
 * The live feed's one reducer: the browser, the command line and the manager's
 * own tests apply the same function, so what they show can be compared.
 *
 * A topic's state is tables of records. A snapshot sets all of it, a delta sets
 * fields of some records and drops others. Deltas of a topic are numbered
 * without gaps; `epoch` names the manager process that numbers them.
 */
export type FeedValue = string | number | boolean | null | readonly FeedValue[] | { readonly [key: string]: FeedValue };
export type FeedRecord = { readonly [field: string]: FeedValue };
export type FeedTables = { readonly [table: string]: { readonly [id: string]: FeedRecord } };

export interface TopicState {
  readonly topic: string;
  readonly epoch: string;
  /** Number of the last delta in it; a snapshot carries the number it stands for. */
  readonly seq: number;
  /** Manager's time of the newest change in it, ms since 1970. */
  readonly atMs: number;
  readonly tables: FeedTables;
}

export interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly atMs: number;
  readonly tables: FeedTables;
}

export interface DeltaMessage {
  readonly type: 'delta';
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  readonly atMs: number;
  /** Records with the fields that changed; a record not there before starts empty. */
  readonly set?: FeedTables;
  /** Records that are gone. */
  readonly drop?: { readonly [table: string]: readonly string[] };
}

/** What the manager sends. `time` comes at least every second, so that the reader can tell silence from quiet. */
export type ServerMessage =
  | SnapshotMessage
  | DeltaMessage
  | { readonly type: 'resumed'; readonly topic: string; readonly epoch: string; readonly seq: number }
  | { readonly type: 'time'; readonly atMs: number }
  | { readonly type: 'refused'; readonly topic: string; readonly code: string; readonly message: string };

/** What a client sends. With `epoch` and `seq` it asks to go on from there. */
export type ClientMessage =
  | { readonly type: 'subscribe'; readonly topic: string; readonly epoch?: string; readonly seq?: number }
  | { readonly type: 'unsubscribe'; readonly topic: string };

export type Applied =
  | { readonly kind: 'applied'; readonly state: TopicState }
  | { readonly kind: 'ignored'; readonly state: TopicState; readonly why: 'old' | 'other-topic' }
  | { readonly kind: 'gap'; readonly state: TopicState | undefined; readonly expected: number; readonly got: number };

/** Applies one message to a topic's state; a delta that does not follow is a gap, never guessed over. */
export function applyFeed(state: TopicState | undefined, message: SnapshotMessage | DeltaMessage): Applied {
  if (message.type === 'snapshot') {
    const { topic, epoch, seq, atMs, tables } = message;
    return { kind: 'applied', state: { topic, epoch, seq, atMs, tables } };
  }
  if (state === undefined || state.epoch !== message.epoch) {
    return { kind: 'gap', state, expected: state === undefined ? 0 : state.seq + 1, got: message.seq };
  }
  if (state.topic !== message.topic) return { kind: 'ignored', state, why: 'other-topic' };
  if (message.seq <= state.seq) return { kind: 'ignored', state, why: 'old' };
  if (message.seq !== state.seq + 1) return { kind: 'gap', state, expected: state.seq + 1, got: message.seq };
  return { kind: 'applied', state: { ...state, seq: message.seq, atMs: message.atMs, tables: patch(state.tables, message) } };
}

function patch(tables: FeedTables, delta: DeltaMessage): FeedTables {
  const next: Record<string, Record<string, FeedRecord>> = { ...tables };
  for (const [table, records] of Object.entries(delta.set ?? {})) {
    const merged: Record<string, FeedRecord> = { ...next[table] };
    for (const [id, fields] of Object.entries(records)) merged[id] = { ...merged[id], ...fields };
    next[table] = merged;
  }
  for (const [table, ids] of Object.entries(delta.drop ?? {})) {
    const kept: Record<string, FeedRecord> = { ...next[table] };
    for (const id of ids) delete kept[id];
    next[table] = kept;
  }
  return next;
}
