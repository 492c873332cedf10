/** What a start knows of each place that may hold the journal, and what the leader's row says. */

/** A place in a history as it is compared: the hash in hex. */
export interface Place {
  readonly lineage: string;
  readonly term: number;
  readonly seq: number;
  readonly hash: string;
}

export type Chain = 'whole' | 'torn' | 'broken' | 'unreadable' | 'missing';

export interface Candidate {
  readonly source: 'own' | 'executor' | 's3';
  /** `own`, the name of an executor, or `s3`: what --recover-from takes. */
  readonly name: string;
  /** End of what can be used of it; null when there is nothing. */
  readonly at: Place | null;
  readonly chain: Chain;
  /** Entry of the snapshot that it begins with; 0: it begins with the first entry. */
  readonly snapshotSeq: number;
  readonly sizeBytes: number;
  /** By its own clock, ms since 1970: for people, and no part of the choice. */
  readonly writtenMs: number | null;
  /** False: its signature is not that of the state key. Own entries carry none and are trusted. */
  readonly signed: boolean;
  /** Own journal, torn or broken: the last entry that lies there. */
  readonly lastSeq: number | null;
  /** Why it cannot be used whole, said by what looked at it. */
  readonly fault: string | null;
}

/** What the row of the leader said when it was taken. */
export interface Confirmed {
  /** History that the last lasting manager led; empty: the database has never seen one. */
  readonly lineage: string;
  /** Entries of this term and up to here were on disk, and may have been confirmed to somebody. */
  readonly term: number;
  readonly seq: number;
  /** Executors that were sent copies. */
  readonly holders: number;
}

export interface ChoiceInput {
  readonly own: Candidate;
  /** One for each executor that has said Hello, and for S3. */
  readonly others: readonly Candidate[];
  readonly confirmed: Confirmed;
  /** The data directory was never written to. */
  readonly fresh: boolean;
  /** False for a manager that no executor can find: its port is a new one. */
  readonly mayWait: boolean;
  readonly waitedMs: number;
  readonly windowMs: number;
  /** A person has said that it goes on with less than was confirmed. */
  readonly acceptLoss: boolean;
  /** Name of the candidate that a person has chosen; empty: nobody has. */
  readonly recoverFrom: string;
  readonly mostBytes: number;
}

export interface Judged {
  readonly candidate: Candidate;
  readonly verdict: 'wins' | 'not-used' | 'refused' | 'missing';
  readonly why: string;
}

/**
 * Entries that were confirmed and that are given up, as a person accepted; or
 * `some`, when nobody can say how many. `unknown`: the own disk cannot tell what
 * it had, and what was confirmed since the leader's row was last written is in
 * no list.
 */
export type Lost = number | 'some' | 'unknown';

export type Choice =
  | { readonly kind: 'wait'; readonly sentence: string; readonly judged: readonly Judged[] }
  | { readonly kind: 'fresh'; readonly lost: Lost; readonly sentence: string; readonly judged: readonly Judged[] }
  | {
      readonly kind: 'winner';
      readonly winner: Candidate;
      readonly lost: Lost;
      readonly sentence: string;
      readonly judged: readonly Judged[];
    }
  | { readonly kind: 'refuse'; readonly sentence: string; readonly judged: readonly Judged[] };

export const grouped = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');
export const entries = (count: number): string => `${grouped(count)} ${count === 1 ? 'entry' : 'entries'}`;
export const titleOf = ({ source, name }: Pick<Candidate, 'source' | 'name'>): string =>
  source === 'own' ? 'own disk' : source === 's3' ? 'S3' : name;
