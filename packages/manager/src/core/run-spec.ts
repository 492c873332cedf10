/** What a run is made from: written once into the journal, never changed. */
import type { CatalogTag, NamedList } from '@tagmill/shared/fields';
import type { TablesLocation } from '@tagmill/shared/job';
import type { TagPolicy } from '@tagmill/shared/tag-policy';
import type { Domain, Handler } from '@tagmill/shared/words';
import type { EdgeKind } from './graph.ts';

export interface TaskSpec {
  /** Unique in the run: `plan`, `tag-5`, `report`. */
  readonly name: string;
  /** What people read: the tag's name. */
  readonly title: string;
  readonly handler: Handler;
  readonly tagId: number | null;
  readonly domain: Domain | null;
  readonly gate: 'auto' | 'manual';
  /** Shards of a `noop` task. */
  readonly shards?: number | undefined;
}

/** A tag's rule as it stood in the database when the run was made, with what its task class asks. */
export interface PinnedRule {
  readonly tagId: number;
  readonly name: string;
  readonly ruleJson: string;
  /** Number of its version; absent in journals of before versions were kept. */
  readonly ruleVersion?: number;
  readonly requiredFields: readonly string[];
  readonly readsTables: readonly string[];
  /** The class is one of those that come with Tagmill: it speaks only for tables that have its fields. */
  readonly shipped?: boolean;
  /** What the tag allows; absent: anything, and holders whose result is UNKNOWN keep it. */
  readonly policy?: TagPolicy;
  /** Rule nodes (source form) of the class's preprocess and postprocess. */
  readonly onlyUsers: readonly unknown[];
  readonly onlyMatches: readonly unknown[];
}

export interface RunSpec {
  readonly id: string;
  readonly mode: 'task-all' | 'task-tags' | 'task-users' | 'incremental' | 'noop';
  readonly who: string;
  readonly createdAtMs: number;
  readonly timeZone: string;
  /** As written by the caller; null means the business date. */
  readonly asOf: string | null;
  /** Null: the newest that every table has. */
  readonly businessDate: string | null;
  readonly shardRows: number;
  readonly tables: TablesLocation | null;
  /** Users asked for, sorted by bytes without repeats; null is all. */
  readonly users: readonly string[] | null;
  /** `incremental`: users registered in the last N days; null otherwise. */
  readonly days: number | null;
  readonly tasks: readonly TaskSpec[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly kind: EdgeKind }[];
  readonly rules: readonly PinnedRule[];
  /** Uploaded lists that the rules name, as they stood then; absent in journals of before there were any. */
  readonly lists?: readonly NamedList[];
  /** Tags that rules may name, with the tags that they read; absent where no rule names one. */
  readonly tags?: readonly CatalogTag[];
}

/** What a run keeps of it as it is; tasks and edges become columns and a graph. */
export type RunHead = Omit<RunSpec, 'tasks' | 'edges'>;
