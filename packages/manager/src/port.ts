/**
 * What the manager's mouths (REST, WebSocket) may ask of it. The shell
 * implements it; tests of the mouths may use a small one of their own.
 */
import type { ActionAnswer, ActionRequest, ExecutorRecord, InstanceRecord, RunRecord } from '@tagmill/shared/feed/views';
import type { FeedTables } from '@tagmill/shared/feed/reducer';
import type { RunState } from '@tagmill/shared/words';
import type { BoardPort } from './port-board.ts';
import type { ListsPort } from './port-lists.ts';
import type { RulesPort } from './port-rules.ts';
import type { TagsPort } from './port-tags.ts';
import type { RecoveryReport } from '@tagmill/shared/api/recovery';
import type { RunReport } from '@tagmill/shared/api/report';
import type { WhyAnswer } from '@tagmill/shared/api/why';

/** A run as asked for by REST or the command line. */
export interface RunRequest {
  readonly mode: 'task-all' | 'task-tags' | 'task-users' | 'incremental' | 'noop';
  readonly tagIds?: readonly number[];
  readonly userIds?: readonly string[];
  readonly days?: number;
  readonly businessDate?: string;
  readonly asOf?: string;
  readonly timeZone?: string;
  readonly shardRows?: number;
  /** `noop`: shards to run. */
  readonly shards?: number;
  readonly who: string;
}

export interface AvailableTag {
  readonly tagId: number;
  readonly name: string;
  readonly category: string;
  readonly domain: string;
  readonly description: string;
  readonly isActive: boolean;
  /** Task class file, when the tag has one. */
  readonly task: string | null;
}

export interface ManagerPort {
  /**
   * Creates a run; resolves with its id once it is in the journal.
   * Errors: TAG_NOT_FOUND, USAGE, RATE_LIMITED, DATABASE_UNAVAILABLE.
   */
  createRun(request: RunRequest): Promise<string>;
  listRuns(): RunRecord[];
  getRun(runId: string): RunRecord | undefined;
  /** Instances and edges; undefined for an unknown run. */
  getGraph(
    runId: string,
  ): { readonly instances: InstanceRecord[]; readonly edges: { readonly from: string; readonly to: string }[] } | undefined;
  /** The report so far; complete once the run has ended. */
  getReport(runId: string): RunReport | undefined;
  /** Why an instance waits; undefined when the run has none of that name. */
  why(runId: string, name: string): WhyAnswer | undefined;
  /** Errors: NOT_FOUND, PREVIEW_STALE, ACTION_REFUSED (when nothing at all could be done). */
  act(runId: string, request: ActionRequest, who: string): Promise<ActionAnswer>;
  /** Rules: check, catalogue, versions, examples, explain, preview. */
  readonly rules: RulesPort;
  /** Uploaded lists. */
  readonly lists: ListsPort;
  /** What tags allow. */
  readonly tags: TagsPort;
  readonly board: BoardPort;
  listExecutors(): ExecutorRecord[];
  drainExecutor(id: string): boolean;
  availableTags(): Promise<AvailableTag[]>;
  health(): Promise<{ readonly ok: boolean; readonly checks: Readonly<Record<string, string>> }>;
  ready(): { readonly ok: boolean; readonly why: string };
  /** What the newest start did; while it still looks for its journal, what it has found so far. */
  recovery(): RecoveryReport;
  /** It has no state yet: what asks for one should wait. */
  recovering(): boolean;

  /** Whole content of a topic now; undefined when there is no such thing. */
  snapshot(topic: string): FeedTables | undefined;
  /**
   * What changed since the last call, per topic that `wanted` names: fields to
   * set and records to drop. Called by the feed at its pace.
   */
  changes(
    wanted: ReadonlySet<string>,
  ): Map<string, { readonly set?: FeedTables; readonly drop?: Readonly<Record<string, readonly string[]>> }>;
  /** Calls back when something may have changed; the feed then flushes at its pace, at once when `urgent`. */
  onChange(callback: (urgent: boolean) => void): () => void;
  readonly now: () => number;
}

export type { RunState };
