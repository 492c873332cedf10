/** The JSON document of a run: `--json` of the commands, `GET /api/v1/runs/{id}/report`. A public contract. */
import type { TagBreach } from '../tag-policy.ts';

export interface TagReport {
  readonly tag_id: number;
  readonly name: string;
  readonly state: 'succeeded' | 'failed' | 'skipped' | 'stopped' | 'held';
  /** Users for whom the rule is TRUE, and UNKNOWN. */
  readonly matched: number;
  readonly unknown: number;
  /** Users to whom the merge gave the tag, and from whom it took it. */
  readonly entered: number;
  readonly exited: number;
  readonly error?: { readonly code: string; readonly message: string };
  /** It was held at the check: what was counted, and which limits of its policy that is beyond. */
  readonly breach?: {
    readonly message: string;
    readonly exceeded: TagBreach['exceeded'];
    readonly evaluated: number;
    readonly matched: number;
    readonly unknown: number;
    /** Matched users of the last successful run by the same rule. */
    readonly before: number | null;
    readonly before_run: string | null;
    /** Who let it go on; null: nobody. */
    readonly released_by: string | null;
  };
}

export interface RunReport {
  readonly run_id: string;
  readonly state: 'succeeded' | 'partial' | 'failed' | 'queued' | 'running';
  readonly business_date: string | null;
  /** As written by the caller, else the business date. */
  readonly as_of: string | null;
  /** The instant that it stands for, RFC 3339 in UTC. */
  readonly as_of_instant: string | null;
  readonly time_zone: string;
  readonly tags: readonly TagReport[];
  readonly users: {
    /** Evaluated for at least one tag. */
    readonly evaluated: number;
    readonly inserted: number;
    readonly updated: number;
    readonly unchanged: number;
  };
  readonly shards: { readonly total: number; readonly attempts: number };
  readonly bytes_read: number;
  readonly duration_ms: {
    readonly total: number;
    readonly plan: number;
    readonly evaluate: number;
    readonly check: number;
    readonly merge: number;
  };
  /** Why the whole run failed. */
  readonly error?: { readonly code: string; readonly message: string };
  /** Users that were left alone, and why. */
  readonly notes: readonly string[];
}
