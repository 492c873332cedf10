/**
 * Questions that the manager asks an executor beside its shards: they belong to
 * no run, change nothing, and are asked again elsewhere when their executor
 * goes. The job is what is larger than a message; several questions may share one.
 */
import type { CatalogField, RunClock } from './fields.ts';
import type { PassJob, PlannedTable, TablesLocation } from './job.ts';

export type Question =
  /** Job: PlanRequest. Answer: PlanResult. */
  | { readonly kind: 'plan' }
  /** Job: FieldsJob. Answer: FieldLooks. */
  | { readonly kind: 'fields' }
  /** Job: UserJob. Answer: UserRows. */
  | { readonly kind: 'user'; readonly user: string }
  /** Job: LettersJob. Answer: Letters. */
  | { readonly kind: 'letters'; readonly user: string }
  /** Job: PreviewJob. Answer: PreviewCounts. `enough`: of these kinds no more users need be named. */
  | { readonly kind: 'preview'; readonly shard: number; readonly enough?: readonly Move[] };

/** Where a user's values are: the tables and columns that a rule reads. */
export interface UserJob {
  readonly location: TablesLocation;
  readonly keyType: 'string' | 'int64';
  readonly tables: readonly PlannedTable[];
  readonly fields: readonly CatalogField[];
  readonly clock: RunClock;
}

/** Fields whose values are looked at, in a part of their tables. */
export interface FieldsJob {
  readonly location: TablesLocation;
  readonly keyType: 'string' | 'int64';
  readonly tables: readonly PlannedTable[];
  readonly fields: readonly CatalogField[];
  readonly clock: RunClock;
  /** Of each table, about. */
  readonly rows: number;
}

/** Of the rows that were looked at. */
export interface FieldLook {
  readonly table: string;
  readonly field: string;
  readonly rows: number;
  readonly nulls: number;
  readonly min: string | null;
  readonly max: string | null;
  /** Each value with its rows, the most frequent first; null: they are more than an enumeration has. */
  readonly values: readonly (readonly [value: string, rows: number])[] | null;
}

export interface FieldLooks {
  readonly looks: readonly FieldLook[];
}

/** A value as its declared type, as text (`Cell` of the rules); null where it is missing. */
export type ReadCell = string | number | boolean | null | readonly (string | null)[];

export interface UserRow {
  readonly table: string;
  /** Null: the table has no row of the user. */
  readonly place: {
    readonly object: string;
    readonly etag: string;
    /** Row group of the object, from 0. */
    readonly rowGroup: number;
  } | null;
  readonly cells: Readonly<Record<string, ReadCell>>;
  /** What is stored, of values that are there and cannot be read as declared. */
  readonly unreadable: Readonly<Record<string, string>>;
}

export interface UserRows {
  readonly rows: readonly UserRow[];
}

/** A pass for one user, whose tags are the conditions that are asked. */
export interface LettersJob {
  readonly pass: PassJob;
}

export interface Letters {
  /** By tag: T, F or U; null: not evaluated for the user. */
  readonly letters: readonly ('T' | 'F' | 'U' | null)[];
}

/**
 * A pass that ends after its evaluation: tag 0 is the rule, tag 1 the live one
 * where there is one, then those that tell who holds the tag, then its parts,
 * then other tags.
 */
export interface PreviewJob {
  readonly pass: PassJob;
  readonly hasLive: boolean;
  /**
   * Two tags say who holds the tag, and who has it (T) or is kept out of it (F) by hand, and a third,
   * for `due`, who has been UNKNOWN for long enough. False: who holds it is told by the live rule.
   */
  readonly hasHeld: boolean;
  /** What becomes of holders for whom the rule is UNKNOWN; `due`: those lose it who have been for long. */
  readonly unknown: 'keep' | 'remove' | 'due';
  /**
   * The rule, the live one and the parts read this one table, which has one row a user: each question
   * counts one of so many parts of it, instead of a shard. `hasKeys`: no row
   * lacks its key. `tag`: who holds which one is told by `hasHeld`.
   */
  readonly counted?: { readonly table: string; readonly parts: number; readonly hasKeys: boolean; readonly tag?: string };
  /** Tags at the end that are other tags. */
  readonly others: number;
  /** Users shown of each kind of change, at most. */
  readonly samples: number;
}

/** `unknown`: the rule is UNKNOWN, and the user keeps or lacks the tag as before. */
export const MOVES = ['enter', 'exit', 'stay', 'unknown'] as const;
export type Move = (typeof MOVES)[number];

export interface PreviewCounts {
  /** Users for whom the rule or the live one was evaluated. */
  readonly users: number;
  /**
   * Users by what the rule and the live one give, row by row: rule T, F, U, not
   * evaluated; in each row the live one T, F, U, not evaluated. 16 numbers.
   */
  readonly matrix: readonly number[];
  /** Users who enter, exit, stay, and who hold the tag and keep it though the rule is UNKNOWN. 4 numbers. */
  readonly moves: readonly number[];
  /** By part: users for whom it is T. */
  readonly parts: readonly number[];
  /** By other tag: users for whom it is T, and those of them for whom the rule is T too. */
  readonly others: readonly (readonly [number, number])[];
  readonly samples: Readonly<Record<Move, readonly string[]>>;
  readonly bytesRead: number;
}
