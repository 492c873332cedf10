/** Rules, tags and the leader's row, wherever they are kept. */
import type { TagmillError } from '@tagmill/shared/errors';
import type { OverrideKind } from '@tagmill/shared/merge/override-row';
import type { UnknownMark } from '@tagmill/shared/merge/unknown-mark';
import type { REVIEW_KINDS, VERSION_STATES } from '@tagmill/shared/api/rules';
import type { TagPolicy } from '@tagmill/shared/tag-policy';

export interface StoredRule {
  readonly ruleId: number;
  readonly tagId: number;
  readonly tagName: string;
  readonly category: string;
  readonly description: string | null;
  /** The rule and the tag's definition are both active. */
  readonly isActive: boolean;
  /** `rule_conditions` as it stands, byte for byte where the database allows it. */
  readonly ruleJson: string;
  /** Other active rules of the tag, by rule_id: the newest counts, these do not. */
  readonly passedOver: readonly number[];
}

export type RuleState = (typeof VERSION_STATES)[number];

/** A version of a tag's rule, as it is kept. */
export interface RuleVersionRow {
  readonly tagId: number;
  /** From 1. */
  readonly version: number;
  readonly state: RuleState;
  readonly ruleJson: string;
  /** JSON list; null: it has none. */
  readonly examplesJson: string | null;
  /** Of the text, whatever its spacing and order of keys. */
  readonly hash: string;
  /** Of the rule's one form; null: nobody has checked it since it was kept. */
  readonly canonicalHash: string | null;
  readonly who: string;
  readonly reason: string;
  readonly atMs: number;
  /** Who made a draft live, when that was later. */
  readonly published: Said | null;
  /** In the order in which they were said. */
  readonly reviews: readonly RuleReview[];
}

/** Who said something of a version, why and when. */
export interface Said {
  readonly who: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface RuleReview extends Said {
  readonly kind: (typeof REVIEW_KINDS)[number];
}

/** A change of a version's state; `kind` is kept as a review, `publish` is not one. */
export interface RuleMove extends Said {
  readonly kind: RuleReview['kind'] | 'publish';
  /** States that take it. */
  readonly from: readonly RuleState[];
}

export interface NewRuleVersion {
  readonly tagId: number;
  readonly ruleJson: string;
  /** Undefined: those of the newest version. */
  readonly examplesJson: string | undefined;
  readonly canonicalHash: string | null;
  readonly state: 'draft' | 'proposed' | 'live';
  readonly who: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface TagVersions {
  readonly tagId: number;
  readonly tagName: string;
  /** Newest first. */
  readonly versions: readonly RuleVersionRow[];
}

export interface VersionHeads {
  readonly live: number | null;
  readonly newest: { readonly version: number; readonly state: RuleState };
}

/** What a write came to: done, or not done because the versions are not those that were expected. */
export type VersionWrite =
  | { readonly kind: 'written'; readonly row: RuleVersionRow; readonly now: TagVersions }
  | { readonly kind: 'conflict'; readonly now: TagVersions };

/**
 * Versions of rules. A rule that was changed in `tag_rules` by somebody else is
 * seen at every call and becomes a version of its own.
 * Errors: those of TagMetadata.
 */
export interface RuleVersions {
  /** Undefined: there is no such tag. */
  read(tagId: number): Promise<TagVersions | undefined>;
  /** `expected` is `versionTag` of what the writer saw. */
  add(version: NewRuleVersion, expected: string): Promise<VersionWrite | undefined>;
  /** Gives a version another state. Undefined: there is no such tag, or no such version. */
  move(tagId: number, version: number, expected: string, move: RuleMove): Promise<VersionWrite | undefined>;
  /** Fills in hashes of the one form that are not there yet. */
  nameForms(tagId: number, hashes: ReadonlyMap<number, string>): Promise<void>;
  /** The live and the newest version of every tag whose rule has been looked at. */
  heads(): Promise<ReadonlyMap<number, VersionHeads>>;
  /** Versions that wait for somebody's approval, by tag id. */
  proposed(): Promise<readonly (RuleVersionRow & { readonly tagName: string })[]>;
  /** The rules as they stand, each with the number of its version. */
  pinned(nowMs: number): Promise<(StoredRule & { readonly ruleVersion: number })[]>;
}

/** A tag with its rule, as files carry it. */
export interface RuleImport {
  readonly tagId: number;
  readonly tagName: string;
  readonly category: string;
  readonly description: string | null;
  readonly isActive: boolean;
  /** Raw text of the rule; null: a tag without one, kept by hand. */
  readonly ruleJson: string | null;
}

export interface ImportCounts {
  /** Tags, categories and rules that were not there, and those that were otherwise. */
  readonly created: number;
  readonly changed: number;
}

export interface UserTagsRow {
  readonly userId: string;
  /** As stored; not canonical in rows that nobody has written since. */
  readonly tagIds: string | null;
}

/** An uploaded list without its values. */
export interface ListRow {
  readonly name: string;
  readonly type: 'string' | 'int64';
  /** Of its content: equal lists have equal hashes. 64 hex digits. */
  readonly hash: string;
  readonly count: number;
  readonly who: string;
  readonly updatedMs: number;
}

/** Uploaded lists and other sets of values, kept by content. Errors: those of TagMetadata. */
export interface NamedLists {
  all(): Promise<ListRow[]>;
  /** The list of a name has these values from now on: exact texts, or integers in decimal digits; each is kept once. */
  put(list: {
    readonly name: string;
    readonly type: ListRow['type'];
    readonly values: readonly string[];
    readonly who: string;
    readonly atMs: number;
  }): Promise<ListRow>;
  /** False: there is none of that name. */
  drop(name: string): Promise<boolean>;
  /** The values of a content, ascending by bytes; undefined: it is not kept any more. */
  values(hash: string): Promise<readonly string[] | undefined>;
  /** The same as it is kept and sent (`shared/value-set.ts`). */
  lines(hash: string): Promise<string | undefined>;
  /** Keeps a content that has no name, as it is sent. Gives its hash. */
  keepPiece(lines: string, atMs: number): Promise<string>;
  /** Contents without a name that nobody has kept for long are gone afterwards. */
  forgetOld(atMs: number): Promise<void>;
}

/** What a tag allows, with who said so last. */
export interface PolicyRow {
  readonly tagId: number;
  readonly policy: TagPolicy;
  readonly who: string;
  readonly reason: string;
  readonly updatedMs: number;
}

/** Errors: those of TagMetadata. */
export interface TagPolicies {
  /** Of tags that have one, by tag id. */
  all(): Promise<readonly PolicyRow[]>;
  /** False: there is no such tag. */
  set(row: PolicyRow): Promise<boolean>;
}

/** What somebody has said of a user and a tag. */
export interface OverrideRow {
  readonly userId: string;
  readonly tagId: number;
  readonly kind: OverrideKind;
  readonly who: string;
  readonly reason: string;
  readonly atMs: number;
}

/** Inclusions and exclusions by hand, each written into the user's row at once. Errors: those of TagMetadata. */
export interface TagOverrides {
  /** What stands for a tag, by the bytes of the user. */
  of(tagId: number): Promise<readonly OverrideRow[]>;
  /** Who is excluded from each of these tags, ascending by bytes; a tag that excludes nobody is not there. */
  excluded(tags: readonly number[]): Promise<ReadonlyMap<number, readonly string[]>>;
  /** When the newest word was said, of any tag; 0: none was. */
  newestMs(): Promise<number>;
  /**
   * Writes the row and the record of it in one transaction. False: there is no
   * such tag. Errors: KEY_CONFLICT for a user whom the collation of user_id
   * holds equal to another; ACTION_REFUSED for a row that cannot be read.
   */
  set(row: OverrideRow): Promise<boolean>;
}

/** A user who holds a tag. */
export interface Holder {
  readonly tag: number;
  readonly userId: string;
  readonly byHand: boolean;
  /** For how many runs the rule has been UNKNOWN for the user, where that is counted. */
  readonly mark: UnknownMark | null;
}

export interface HistoryAsked {
  readonly tag: number;
  readonly days: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface HistoryFound extends HistoryAsked {
  readonly users: readonly string[];
  readonly whole: boolean;
}

export interface StoredUserTags {
  readonly tagIds: string | null;
  readonly tagDetails: string | null;
}

/** A manager that wants to lead. `id` is that of its data directory: the same after a restart. */
export interface LeaderHolder {
  readonly id: string;
  readonly url: string;
  /** This machine and process when absent. */
  readonly host?: string;
  readonly pid?: number;
}

export interface LeaderRow {
  readonly id: string;
  readonly url: string;
  readonly host: string;
  readonly pid: number;
  readonly term: number;
  /** The lease has not run out, by the database's clock. */
  readonly live: boolean;
  readonly confirmed: ConfirmedEntries;
}

/** What the leader has in its journal: so that one that starts with less knows that something is missing. */
export interface ConfirmedEntries {
  /** History of the last manager with a lasting address; empty: there was none. */
  readonly lineage: string;
  /** Entries of this term and up to here were on its disk when the lease was last renewed. */
  readonly term: number;
  readonly seq: number;
  /** Executors that were sent copies of it. */
  readonly holders: number;
}

/** The leader's row, held; the lease is renewed until it is released or lost. */
export interface Leadership {
  readonly term: number;
  /** What the row said of the journal before it was taken. */
  readonly before: ConfirmedEntries;
  /** From now on the row says so with each renewal; resolves once it has said it for the first time. */
  tell(confirmed: () => ConfirmedEntries): Promise<void>;
  /** Resolves when another manager has taken over. A database that is away is no loss: nobody can take over there. */
  readonly lost: Promise<TagmillError>;
  /**
   * Whether the lease stands by this process's own monotonic clock, counted
   * from before it was asked for: false after a sleep, or while the database
   * does not renew it. Nothing may be confirmed then.
   */
  leads(): boolean;
  /** Runs the task as soon as the lease stands: at once, or once it is renewed; never when it is lost. */
  whenLeading(task: () => void): void;
  /** Ends the lease now, so that the next manager need not wait. */
  release(): Promise<void>;
}

/**
 * Errors: DATABASE_UNAVAILABLE, DATABASE_DENIED, DATABASE_SCHEMA, DISK_FULL;
 * `claimLeadership` also MANAGER_LIVE.
 */
export interface TagMetadata {
  /** Creates what is missing and leaves what exists. */
  init(): Promise<void>;
  /** One entry per tag that has a rule, by tag id; of several active rules the newest. */
  loadRules(): Promise<StoredRule[]>;
  /** Stores tags and rules in one transaction; importing the same twice changes nothing. */
  importRules(rules: readonly RuleImport[]): Promise<ImportCounts>;
  /** What importRules takes, by tag id; tags without a rule included. */
  exportRules(): Promise<RuleImport[]>;
  readonly versions: RuleVersions;
  readonly lists: NamedLists;
  readonly policies: TagPolicies;
  readonly overrides: TagOverrides;
  /**
   * Who held tags at some time of [fromMs, toMs], by the recorded changes and by
   * who holds them now; `whole`: the record reaches back to `fromMs`.
   */
  historyOf(asked: readonly HistoryAsked[], now: ReadonlyMap<number, readonly string[]>): Promise<readonly HistoryFound[]>;
  /** Tells who holds these tags, users ascending by bytes, in one reading of user_tags; it waits for what `see` promises. */
  eachHolder(tags: readonly number[], see: (holder: Holder) => Promise<void> | undefined): Promise<void>;
  countUserTags(): Promise<number>;
  /** The row of one user; undefined: there is none. */
  userTagsOf(userId: string): Promise<StoredUserTags | undefined>;
  /** All rows by the bytes of user_id. */
  exportUserTags(): AsyncIterable<UserTagsRow>;
  /** Resolves when the database answers. */
  ping(): Promise<void>;
  /** Takes the leader's row under a new term; MANAGER_LIVE when another live manager has it. */
  claimLeadership(holder: LeaderHolder): Promise<Leadership>;
  /** Who leads, or led last. */
  leader(): Promise<LeaderRow | undefined>;
  close(): Promise<void>;
}

/** How long a leader may be silent before another one may take over. */
export const LEASE_MS = 10_000;
