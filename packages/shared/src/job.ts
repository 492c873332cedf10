/**
 * The contract of the data plane: what a plan finds, what a pass carries to the
 * executors, what each step gives back. All of it is plain JSON: it travels as
 * a template (once per executor and pass) and stands in the journal.
 */
import type { ErrorCode } from './errors.ts';
import type { FieldDrift, FieldFacts } from './field-facts.ts';
import type { FieldCatalog, FieldType, RunClock, StoredForm } from './fields.ts';
import type { EventWindow, NormalRule, WholeRule } from './rules/normal.ts';

/** Where the tables are. `prefix` has no slash at either end and may be empty. */
export type TablesLocation =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string; readonly endpoint?: string; readonly region?: string };

/** A row group of a pinned object: rows [firstRow, firstRow + rows) of the file. */
export interface PlannedRowGroup {
  readonly firstRow: number;
  readonly rows: number;
  /** Smallest and largest key, where the footer tells them exactly (decimal digits for integer keys). */
  readonly minKey?: string;
  readonly maxKey?: string;
}

/** A column as it lies in one object. `storedType` is DuckDB's name of the type as it reads the file. */
export interface PlannedColumn {
  readonly name: string;
  readonly storedType: string;
  readonly type: FieldType;
  readonly stored?: StoredForm;
}

/** An object pinned by key, ETag and size: read as it is now, or the run fails as "input changed". */
export interface PinnedObject {
  /** Path under the location's root: `user_basic_info/dt=2026-11-22/part-0.parquet`. */
  readonly key: string;
  /** S3's ETag; `size-mtimeNs` for a local file. */
  readonly etag: string;
  readonly sizeBytes: number;
  readonly columns: readonly PlannedColumn[];
  readonly rowGroups: readonly PlannedRowGroup[];
}

export interface PlannedTable {
  readonly name: string;
  readonly objects: readonly PinnedObject[];
  readonly rows: number;
}

/** What a plan has pinned of an event table: the partitions that the rules need, as far as they are there. */
export interface PlannedEvents {
  readonly name: string;
  /** The run's business date, whose partition a snapshot table needs. */
  readonly runDay: string;
  readonly days: readonly { readonly day: string; readonly objects: readonly PinnedObject[]; readonly rows: number }[];
}

/** Tables of users as they were, for rules that look for changes; a table that is not there is not in the list. */
export interface EarlierData {
  /** `previous`, or a day. */
  readonly since: string;
  readonly tables: readonly PlannedTable[];
}

/** What the rules of a run ask for beside the business date's rows of users. */
export interface PlanReads {
  /** Zone and instant by which windows are counted; null: the end of the business date. */
  readonly timeZone: string;
  readonly asOf: string | null;
  /** Of event tables; null: all rows. */
  readonly windows: readonly { readonly table: string; readonly window: EventWindow | null }[];
  readonly earlier: readonly { readonly since: string; readonly field: string }[];
  /** What the newest successful run before has read, of tables that rules look at for changes. */
  readonly previous?: readonly PlannedTable[];
}

/** A table that cannot be read: fails the tags that read it, and only those. */
export interface TableFault {
  readonly table: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface PlanRequest {
  readonly tables: TablesLocation;
  /** Absent: the newest date that every table has. */
  readonly businessDate?: string;
  /** Users in a shard, about. */
  readonly shardRows: number;
  /** Tables that active rules could read; absent: every table under the location. */
  readonly only?: readonly string[];
  /** Users asked for: shards are cut from these alone. Sorted by bytes, no repeats. */
  readonly users?: readonly string[];
  /** Absent: nothing. */
  readonly reads?: PlanReads;
}

export interface PlanResult {
  readonly businessDate: string;
  readonly tables: readonly PlannedTable[];
  readonly faults: readonly TableFault[];
  readonly catalog: FieldCatalog;
  /** Of fields of tables of users; absent in journals of before there were any. */
  readonly facts?: readonly FieldFacts[];
  /** Added by the manager: how they differ from the plan before; absent where they do not, or there is none. */
  readonly drift?: FieldDrift;
  /** Event tables; absent: none is declared. */
  readonly events?: readonly PlannedEvents[];
  readonly earlier?: readonly EarlierData[];
  /** Added by the manager, which alone reads them. */
  readonly holders?: readonly TagHolders[];
  readonly keyType: 'string' | 'int64';
  /**
   * Inner boundaries of the shards, ascending (bytes of UTF-8; numeric for
   * integer keys). Shard i holds cuts[i-1] <= key < cuts[i]; n cuts, n+1 shards.
   */
  readonly cuts: readonly string[];
  readonly usersEstimate: number;
  readonly bytesRead: number;
  /** What a person should know: schema drift, columns that some files lack ... */
  readonly notes: readonly string[];
}

/** Which users a run is for. `registered`: those whose `registration_date` lies in [from, to]. */
export type UserScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'list'; readonly users: readonly string[] }
  | { readonly kind: 'registered'; readonly from: string; readonly to: string };

export interface PassTag {
  readonly tagId: number;
  readonly name: string;
  readonly rule: WholeRule;
  /** Tables that the rule and the task class read; a user in one of them is evaluated. */
  readonly reads: readonly string[];
  /** Rules of the task class that a user must meet (T) to be evaluated at all. */
  readonly onlyUsers: readonly NormalRule[];
  /** Rules that a matched user must meet (T), else the user counts as not matched. */
  readonly onlyMatches: readonly NormalRule[];
  /** `remove`: holders whose result is UNKNOWN lose the tag; absent: they keep it. */
  readonly unknown?: 'remove';
  /** Holders whose result is UNKNOWN keep the tag for so many runs, and lose it in the next. */
  readonly keepForRuns?: number;
  /** The rule in words, for `tag_details.reason`. */
  readonly reason: string;
  readonly ruleVersion: number;
}

/** Who holds a tag by `user_tags`, as it was when the run was planned: names of sets of users, whose pieces are kept by hash. */
export interface TagHolders {
  /** Decimal digits. */
  readonly tag: string;
  readonly held: string;
  /** Those of them who have it by hand. */
  readonly manual: string;
  /** Those who were excluded from it by hand; absent: nobody was. */
  readonly excluded?: string;
  /** Users who held it at some time of the last so many days; `whole`: what is recorded reaches back so far. */
  readonly histories?: readonly { readonly days: number; readonly had: string; readonly whole: boolean }[];
}

/** A tag whose state others read, as pass `pass` of the run has evaluated it. */
export interface UpstreamTag extends Pick<PassTag, 'rule' | 'reads' | 'onlyUsers' | 'onlyMatches'> {
  readonly tag: string;
  readonly pass: number;
}

/** Everything that evaluate and merge need, the same for every shard of a pass. */
export interface PassJob {
  readonly runId: string;
  /** Its outer number: no other pass of the run ever has it, not even one that a lost journal knew of. */
  readonly pass: number;
  readonly location: TablesLocation;
  readonly businessDate: string;
  readonly clock: RunClock;
  readonly tables: readonly PlannedTable[];
  /** Event tables that the tags read. */
  readonly events?: readonly PlannedEvents[];
  /** Data that the tags are seen against. */
  readonly earlier?: readonly EarlierData[];
  readonly catalog: FieldCatalog;
  readonly keyType: 'string' | 'int64';
  readonly cuts: readonly string[];
  readonly users: UserScope;
  /** Tags whose state the tags read; absent: none. */
  readonly upstream?: readonly UpstreamTag[];
  readonly holders?: readonly TagHolders[];
  /** Hashes of the sets of values that the tags look in; absent: none. */
  readonly values?: readonly string[];
  /** Ascending by tagId; position in this list is the tag's bit in every plane. */
  readonly tags: readonly PassTag[];
}

export interface TagCounts {
  readonly tagId: number;
  /** Users for whom the tag was evaluated. */
  readonly evaluated: number;
  readonly matched: number;
  readonly unknown: number;
}

export interface EvaluateResult {
  /** 32 hex digits over the piece's canonical content; the same in every attempt. */
  readonly pieceHash: string;
  /** Users evaluated for at least one tag. */
  readonly users: number;
  readonly tags: readonly TagCounts[];
  readonly bytesRead: number;
  readonly castErrors: number;
  readonly durationMs: number;
}

export interface MergeCommand {
  readonly shard: number;
  /** Tags that this merge may change; the others of the pass have left it. */
  readonly scope: readonly number[];
  readonly pieceHash: string;
  readonly term: number;
  readonly token: number;
}

/**
 * Undoes what a merge pass changed in one shard. It goes with the PassJob of
 * the pass that is undone, and has a pass number, a fence and a record of its own.
 */
export interface RollbackCommand {
  readonly shard: number;
  /** Tags whose changes are undone. */
  readonly tags: readonly number[];
  /** The rollback's own pass: never that of a merge. */
  readonly pass: number;
  readonly term: number;
  readonly token: number;
}

/** What an executor asks of the manager's own sink in embedded mode: `command_json` of Rows. */
export type RowsCommand = MergeCommand | (RollbackCommand & { readonly rollback: true });

export interface TagChanges {
  readonly tagId: number;
  readonly entered: number;
  readonly exited: number;
}

export interface MergeResult {
  readonly inserted: number;
  readonly updated: number;
  /** Evaluated users whose row was right already, or who need none. */
  readonly unchanged: number;
  readonly tags: readonly TagChanges[];
  /** Pairs [user in the tables, user in user_tags] that the target's collation holds equal; left alone. */
  readonly conflicts: readonly (readonly [string, string])[];
  /** Rows whose tag_ids could not be read; left alone. */
  readonly unreadableRows: number;
  readonly bytesRead: number;
  readonly durationMs: number;
}
