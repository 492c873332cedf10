/** The little that the metadata needs of a database: SQL that MySQL and SQLite both understand. */
import type { UserTagsRow } from './metadata.ts';

export type SqlValue = string | number | null;
export type SqlRow = Readonly<Record<string, unknown>>;

export interface SqlTransaction {
  all(sql: string, values?: readonly SqlValue[]): Promise<SqlRow[]>;
  /** Resolves to the number of rows that the statement met. */
  run(sql: string, values?: readonly SqlValue[]): Promise<number>;
}

/** The record of what one batch of a merge, or of its undoing, changed. */
export interface ChangeRow {
  readonly atMs: number;
  readonly block: Uint8Array;
}

/** A row of `user_tags`. */
export interface DetailedRow {
  readonly userId: string;
  readonly tagIds: string | null;
  readonly tagDetails: string | null;
}

/** Every method rejects with a TagmillError that names the database. */
export interface SqlDatabase {
  /** As people may see it. */
  readonly name: string;
  readonly dialect: SqlDialect;
  all(sql: string, values?: readonly SqlValue[]): Promise<SqlRow[]>;
  /** All of `work` or nothing of it. */
  transaction<T>(work: (transaction: SqlTransaction) => Promise<T>): Promise<T>;
  /** Runs statements that create tables, one by one; `database` also where the database itself is missing. */
  create(statements: readonly string[], database: boolean): Promise<void>;
  userTags(): AsyncIterable<UserTagsRow>;
  /** Rows of `user_tags` that meet a condition, with what is said of their tags; in the order of the bytes of the key. */
  detailedTags(where: string): AsyncIterable<DetailedRow>;
  /** When the oldest change that is still recorded was made; null: none is. */
  historyBeginsMs(): Promise<number | null>;
  /** Recorded changes of `sinceMs` and later, the newest first. */
  changeBlocks(sinceMs: number): AsyncIterable<ChangeRow>;
  close(): Promise<void>;
}

/** Where the two languages differ. */
export interface SqlDialect {
  readonly tables: readonly string[];
  readonly leaderTable: string;
  readonly versionTables: readonly string[];
  readonly listTables: readonly string[];
  readonly policyTables: readonly string[];
  /** Names of a table's columns, as `name`; its parameter is the table. */
  readonly columnsOf: string;
  readonly insertIgnore: string;
  readonly forUpdate: string;
  /** The database's clock, milliseconds since 1970. */
  readonly nowMs: string;
}

export const numberOf = (value: unknown): number => Number(value);
export const textOf = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString('utf8') : String(value));
export const textOrNull = (value: unknown): string | null => (value === null || value === undefined ? null : textOf(value));
/** BOOLEAN columns hold numbers; NULL is not active. */
export const flagOf = (value: unknown): boolean => Number(value ?? 0) === 1;
