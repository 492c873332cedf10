/** The manager's whole state. One door in: `apply` (apply.ts). */
import type { FanOut } from './fan-out.ts';
import type { Pass } from './pass.ts';
import type { Run } from './run.ts';

export interface Executor {
  readonly number: number;
  readonly id: string;
  name: string;
  instance: string;
  slots: number;
  version: string;
  labels: Readonly<Record<string, string>>;
  state: 'connected' | 'silent' | 'draining' | 'gone';
  /** It was asked to go; holds until its process is started again. */
  drainAsked: boolean;
  joinedAtMs: number;
  /** Shards that take a slot each, and tiny ones, leased to it now. */
  slotsUsed: number;
  tinyLeased: number;
  shardsDone: number;
  shardsFailed: number;

  // Not journaled: what the stream says between events.
  /** Wall clock, for people. */
  lastHeardMs: number;
  /** By the monotonic clock, for the lease; NaN: from the scheduler's next look on. */
  heardAtMs: number;
  /** Since when its stream is away, by the monotonic clock; null while it is there; NaN: from the next look on. */
  disconnectedMs: number | null;
  cpuPercent: number | null;
  memoryBytes: number | null;
  loopLagMs: number | null;
}

export interface Preparation {
  readonly shard: number;
  readonly token: number;
  readonly text: string;
}

export interface FanOutPlace {
  readonly run: Run;
  readonly pass: Pass;
  readonly fanOut: FanOut;
}

/** What changed since the feed last looked: drained by the shell. */
export interface Dirty {
  readonly runs: Set<string>;
  readonly instances: Map<string, Set<number>>;
  readonly executors: Set<string>;
}

export interface Settings {
  readonly leaseMs: number;
  /** A broken connection ends leases after this. */
  readonly reconnectMs: number;
  /** Attempts at a shard before it has failed. */
  readonly maxAttempts: number;
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** Executors lost over one shard before it is put aside. */
  readonly maxLosses: number;
  /** Tiny shards under way at one executor. */
  readonly tinyWindow: number;
  readonly triggeredRuns: number;
}

export const DEFAULT_SETTINGS: Settings = {
  leaseMs: 9_000,
  reconnectMs: 800,
  maxAttempts: 4,
  retryBaseMs: 500,
  retryMaxMs: 30_000,
  maxLosses: 3,
  tinyWindow: 4_096,
  triggeredRuns: 3,
};

export interface ManagerState {
  readonly settings: Settings;
  term: number;
  /** Time of the last applied event. */
  atMs: number;
  /** Next token to give, and the end of the block that the journal reserves. */
  tokenNext: number;
  tokensReserved: number;
  nextFanOut: number;
  readonly runs: Map<string, Run>;
  /** Runs that wait for their turn, in order. */
  readonly queue: string[];
  /** Fan-outs with work left, in the order that they began. */
  readonly open: Map<number, FanOutPlace>;
  readonly executors: Map<string, Executor>;
  /** By number; undefined where one is forgotten. Numbers are never given again. */
  readonly executorAt: (Executor | undefined)[];
  /** The pass that merges into the target now. */
  merging: { readonly run: Run; readonly pass: Pass } | null;
  /**
   * Not journaled: number of the stream that each executor is on, as the shell
   * hears it. Null in a replay, which hears nothing.
   */
  links: Map<string, number> | null;
  /**
   * Not journaled: most executors went at once, so this manager may be the one
   * that is cut off, and gives their shards to nobody yet.
   */
  massLoss: { readonly lost: number; readonly of: number; readonly sinceMs: number } | null;
  /** Not journaled: by fan-out, what an attempt at one of its shards says that it does before its own work. */
  readonly preparations: Map<number, Preparation>;
  /** Shards that the target was asked after: found there whole, or done again. */
  readonly settled: { accepted: number; redone: number };
  /** Results that changed nothing: from old attempts, or for what is unknown. */
  ignoredResults: number;
  readonly dirty: Dirty;
  /** Runs that the event under way touched: looked at for their end when it is applied. */
  readonly touchedRuns: Set<string>;
}

export function emptyState(settings: Settings = DEFAULT_SETTINGS): ManagerState {
  return {
    settings,
    term: 0,
    atMs: 0,
    tokenNext: 1,
    tokensReserved: 0,
    nextFanOut: 1,
    runs: new Map(),
    queue: [],
    open: new Map(),
    executors: new Map(),
    executorAt: [],
    merging: null,
    links: null,
    massLoss: null,
    preparations: new Map(),
    settled: { accepted: 0, redone: 0 },
    ignoredResults: 0,
    dirty: { runs: new Set(), instances: new Map(), executors: new Set() },
    touchedRuns: new Set(),
  };
}
