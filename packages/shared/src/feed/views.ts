/**
 * Records of the live feed: what a topic's tables hold. Times are ms since
 * 1970 by the manager's clock; counts are whole numbers; an absent value is null.
 *
 * Topics and tables:
 *   runs            -> runs
 *   run/{runId}     -> run (one record), instances, edges
 *   instance/{id}   -> instance (one record), shards, attempts, story
 *   executors       -> executors, fleet (one record, id "fleet")
 *   service         -> service (one record, id "service"); there while the manager recovers, too
 */
import type { TagBreach } from '../tag-policy.ts';
import type { Action, DownstreamPolicy, Domain, Handler, InstanceState, RunState, Step } from '../words.ts';

export interface RunRecord {
  readonly id: string;
  readonly state: RunState;
  /** `task-all`, `task-tags`, `task-users`, `incremental`, `noop`. */
  readonly mode: string;
  /** Null until the plan has found it. */
  readonly businessDate: string | null;
  readonly asOf: string | null;
  readonly timeZone: string;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Place in the queue, 1 is next; null when not queued. */
  readonly queuePlace: number | null;
  /** Instances per state. */
  readonly counts: Readonly<Record<InstanceState, number>>;
  readonly held: number;
  /** Why the run failed, or what it waits for. */
  readonly message: string | null;
  readonly who: string;
}

export interface InstanceRecord {
  readonly id: string;
  readonly name: string;
  readonly handler: Handler;
  readonly tagId: number | null;
  readonly domain: Domain | null;
  readonly state: InstanceState;
  readonly held: boolean;
  /** Set when a person must click run before it starts. */
  readonly gate: 'auto' | 'manual';
  readonly step: Step | null;
  readonly shardsTotal: number;
  readonly shardsDone: number;
  readonly shardsRunning: number;
  readonly shardsFailed: number;
  /** One sentence: why it waits, failed or was stopped; null when there is nothing to say. */
  readonly reason: string | null;
  readonly errorCode: string | null;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly matched: number | null;
  readonly unknown: number | null;
  readonly entered: number | null;
  readonly exited: number | null;
  readonly pass: number | null;
  /** The check of its pass has held it: what was counted, and which limits of its policy that is beyond; kept when it is let go. */
  readonly breach: TagBreach | null;
  /** Per action: null when it is allowed now, else the refusal in one sentence. */
  readonly refusals: Readonly<Record<Action, string | null>>;
}

/** `from` must end well before `to` starts. */
export interface EdgeRecord {
  readonly from: string;
  readonly to: string;
}

/** Shards of the step under way, as runs of equal state: `[firstShard, count, state]`. */
export type ShardState = 'waiting' | 'running' | 'done' | 'failed';
export interface ShardsRecord {
  readonly step: Step | null;
  readonly total: number;
  readonly ranges: readonly (readonly [number, number, ShardState])[];
}

export interface AttemptRecord {
  readonly step: Step;
  readonly shard: number;
  readonly attempt: number;
  readonly executor: string;
  readonly token: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly outcome: 'running' | 'done' | 'failed' | 'lost' | 'stopped';
  readonly message: string | null;
}

export interface StoryRecord {
  readonly atMs: number;
  readonly text: string;
  readonly who: string | null;
}

export interface ExecutorRecord {
  readonly id: string;
  readonly name: string;
  readonly state: 'connected' | 'silent' | 'draining' | 'gone';
  readonly slots: number;
  readonly slotsUsed: number;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly joinedAtMs: number;
  readonly lastHeardAtMs: number;
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  readonly loopLagMs: number | null;
  readonly shardsDone: number;
  readonly shardsFailed: number;
}

export interface FleetRecord {
  readonly slots: number;
  readonly slotsUsed: number;
  readonly shardsWaiting: number;
  readonly oldestWaitSinceMs: number | null;
  /** `host:port` that executors dial. */
  readonly managerAddress: string;
}

/** What the manager says of itself. */
export interface ServiceRecord {
  /** It has started from its journal or a copy of it; null: it began a new one. */
  readonly recovered: {
    readonly term: number;
    readonly atMs: number;
    readonly outcome: 'own' | 'copy' | 's3';
    readonly sentence: string;
  } | null;
  /** It looks for the newest copy of its journal: nothing is decided and nothing taken until then. */
  readonly recovering: { readonly sinceMs: number; readonly sentence: string } | null;
  /** Most executors went at once: their shards are given to nobody yet; absent: all is well. */
  readonly massLoss?: { readonly lost: number; readonly of: number; readonly sinceMs: number };
  /** Whether the journal takes writes; absent: not told. */
  readonly journal?: JournalRecord;
  /** The newest snapshot of the state; null: there is none yet; absent: not told. */
  readonly snapshot?: { readonly seq: number; readonly atMs: number; readonly sizeBytes: number } | null;
}

/** Anything but `ok`: nothing is confirmed and no click is taken until it is. */
export interface JournalRecord {
  readonly state: 'ok' | 'full' | 'read-only' | 'failed-flush' | 'corrupt';
  /** What happened, to what, what to do; null while it is ok. */
  readonly sentence: string | null;
  readonly sinceMs: number | null;
}

/** Body of `POST /api/v1/runs/{runId}/actions`. */
export interface ActionRequest {
  readonly action: Action;
  /** Instance ids; or `filter`. */
  readonly selection?: readonly string[];
  readonly filter?: { readonly states?: readonly InstanceState[]; readonly held?: boolean };
  readonly downstream?: DownstreamPolicy;
  readonly reason?: string;
  readonly dry_run?: boolean;
  readonly preview_seq?: string;
}

/** Answer to it: what would be, or was, touched. */
export interface ActionAnswer {
  readonly action: Action;
  readonly dry_run: boolean;
  readonly preview_seq: string;
  readonly affected: readonly {
    readonly id: string;
    readonly name: string;
    readonly from: InstanceState;
    readonly to: InstanceState;
    readonly held: boolean;
    readonly why: string;
  }[];
  readonly refused: readonly { readonly id: string; readonly name: string; readonly sentence: string }[];
  /** What the click does to user_tags, in one sentence. */
  readonly effect_on_target: string;
}
