/**
 * The simulated target: `user_tags` of a few users, with a fence, a record of
 * the batches that are done and the changes that each made, in transactions,
 * as the real sinks have them (contract: sink-contract.ts). It can be away, and
 * a peer that froze inside a transaction keeps its lock until it is killed.
 */
import type { MergeResult } from '@tagmill/shared/job';
import { type BatchCounts, MergeTotals } from '@tagmill/shared/merge/counts';
import { isMatched, USERS, usersOf } from './people.ts';

/** Who may write a shard: the same for merge, rollback and settle. */
export interface Claim {
  readonly runId: string;
  /** Outer number of the pass whose fence and record it is. */
  readonly pass: number;
  readonly shard: number;
  /** Shards of the pass: with the number it says which users are meant. */
  readonly shards: number;
  readonly term: number;
  readonly token: number;
}

export interface SimMerge extends Claim {
  readonly scope: readonly number[];
  /** A rollback undoes what this pass changed; undefined is a merge. */
  readonly undoes?: number;
}

/** What a user has, per tag: the pass that wrote the entry. */
type Held = Map<number, string>;

interface Change {
  readonly user: number;
  readonly tag: number;
  readonly entered: boolean;
  /** The entry that was there before. */
  readonly was: string | undefined;
}

interface ShardRow {
  term: number;
  token: number;
  /** Ends the transaction that holds the row's lock, as a KILL of its connection does. */
  holder: { readonly token: number; readonly kill: () => void } | undefined;
  readonly done: Map<number, BatchCounts>;
  /** Tags that each batch was done for. */
  readonly scopes: Map<number, readonly number[]>;
}

/** Users of one batch. */
const BATCH_USERS = 16;

export const batchesOf = (claim: Claim): number => Math.ceil(usersOf(claim.shard, claim.shards).length / BATCH_USERS);

export type Refused = 'fenced' | 'away' | 'locked';

export class SimTarget {
  private readonly rows = new Map<string, ShardRow>();
  private readonly users: Held[] = Array.from({ length: USERS }, () => new Map<number, string>());
  private readonly changes = new Map<string, Change[]>();
  private readonly open = new Set<{ readonly kill: () => void }>();
  private awayUntilMs = 0;
  private readonly nowMs: () => number;
  fenced = 0;
  settled = 0;
  readonly broken: string[] = [];
  /** Rows of `user_tags` that were written, for repeated runs. */
  written = 0;
  /** Users for whom a tag was written, ever. */
  readonly writtenOf = new Map<number, number>();
  onCommit: (merge: SimMerge) => void = () => undefined;
  /** Whether a pass may have gone on without some of its tags in a journal that is lost. */
  forgives: (claim: Claim) => boolean = () => false;

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  get isAway(): boolean {
    return this.nowMs() < this.awayUntilMs;
  }

  /** The server is gone for a while: what was open is rolled back. */
  goAway(forMs: number): void {
    this.awayUntilMs = Math.max(this.awayUntilMs, this.nowMs() + forMs);
    for (const transaction of [...this.open]) transaction.kill();
  }

  /** What a user has in the end, ascending. */
  tagsOf(user: number): readonly number[] {
    return [...this.users[user]!.keys()].sort((a, b) => a - b);
  }

  /** First transaction: takes the fence. `kill`: a lower holder that keeps the lock is killed first. */
  claim(claim: Claim, kill: boolean): 'claimed' | Refused {
    if (this.isAway) return 'away';
    const row = this.row(claim);
    if (row.holder !== undefined && row.holder.token !== claim.token) {
      if (!kill) return 'locked';
      if (row.holder.token < claim.token) row.holder.kill();
    }
    if (!this.mayWrite(row, claim)) return 'fenced';
    row.term = claim.term;
    row.token = claim.token;
    return 'claimed';
  }

  /** Opens the transaction of a batch: fence read under a lock, which is kept until the end. */
  begin(claim: Claim, killed: () => void): { readonly end: () => void } | Refused {
    if (this.isAway) return 'away';
    const row = this.row(claim);
    if (row.holder !== undefined) return 'locked';
    if (!this.mayCommit(row, claim)) return 'fenced';
    const end = () => {
      if (row.holder === holder) row.holder = undefined;
      this.open.delete(holder);
    };
    const holder = {
      token: claim.token,
      kill: () => {
        end();
        killed();
      },
    };
    row.holder = holder;
    this.open.add(holder);
    return { end };
  }

  /** Inside the transaction: effects and record together, or what the record says was done before. */
  commit(merge: SimMerge, batch: number): BatchCounts {
    const row = this.row(merge);
    const done = row.done.get(batch);
    if (done !== undefined) {
      this.mustBeItsOwn(row, merge, batch);
      return done;
    }
    this.mustBeNewest(row, merge);
    const counts = merge.undoes === undefined ? this.merge(merge, batch) : this.undo(merge, merge.undoes, batch);
    if (row.done.has(batch)) this.broken.push(`[2] batch ${batch} of ${placeOf(merge)} is done twice`);
    row.done.set(batch, counts);
    row.scopes.set(batch, merge.scope);
    this.onCommit(merge);
    return counts;
  }

  /** What the manager asks of shards that nobody is left to tell of: from here on an older attempt cannot write. */
  settle(claim: Claim, scope: readonly number[]): MergeResult | null | 'away' {
    if (this.isAway) return 'away';
    const row = this.row(claim);
    row.holder?.kill();
    if (this.mayWrite(row, claim)) {
      row.term = claim.term;
      row.token = claim.token;
    }
    this.settled += 1;
    const batches = batchesOf(claim);
    if (row.done.size < batches) return null;
    const totals = new MergeTotals(scope);
    for (const counts of row.done.values()) totals.add(counts);
    return totals.result(0, 1);
  }

  /** Tags that a user's batch was done for by a pass. */
  mergedFor(runId: string, pass: number, shard: number, shards: number, user: number): readonly number[] {
    const row = this.rows.get(placeOf({ runId, pass, shard }));
    const batch = Math.floor(usersOf(shard, shards).indexOf(user) / BATCH_USERS);
    return row?.scopes.get(batch) ?? [];
  }

  /** Whether every batch of a shard is there. */
  isWhole(claim: Omit<Claim, 'term' | 'token'>): boolean {
    const row = this.rows.get(placeOf(claim));
    return row !== undefined && row.done.size === batchesOf({ ...claim, term: 0, token: 0 });
  }

  /** Stands apart from `mayWrite`, so that a planted bug in one is judged by the other. */
  private mustBeNewest(row: ShardRow, merge: SimMerge): void {
    if (merge.term < row.term || (merge.term === row.term && merge.token < row.token))
      this.broken.push(`[5] token ${merge.token} of term ${merge.term} writes ${placeOf(merge)} after ${row.token} of term ${row.term}`);
  }

  /** A pass only ever loses tags: what was done for fewer was done by another one. */
  private mustBeItsOwn(row: ShardRow, merge: SimMerge, batch: number): void {
    if (this.forgives(merge)) return;
    const missing = merge.scope.filter((tag) => row.scopes.get(batch)?.includes(tag) !== true);
    if (missing.length > 0)
      this.broken.push(`[2] batch ${batch} of ${placeOf(merge)} is taken as done, and was never done for the tags ${missing.join()}`);
  }

  private mayWrite(row: ShardRow, claim: Claim): boolean {
    if (claim.term > row.term || (claim.term === row.term && claim.token >= row.token)) return true;
    this.fenced += 1;
    return false;
  }

  private mayCommit(row: ShardRow, claim: Claim): boolean {
    if (row.term === claim.term && row.token === claim.token) return true;
    this.fenced += 1;
    return false;
  }

  private row(claim: Claim): ShardRow {
    const key = placeOf(claim);
    let row = this.rows.get(key);
    if (row === undefined) {
      row = { term: 0, token: 0, holder: undefined, done: new Map(), scopes: new Map() };
      this.rows.set(key, row);
    }
    return row;
  }

  private merge(merge: SimMerge, batch: number): BatchCounts {
    const users = usersOf(merge.shard, merge.shards).slice(batch * BATCH_USERS, (batch + 1) * BATCH_USERS);
    const by = `${merge.runId}/${merge.pass}`;
    const changes: Change[] = [];
    for (const user of users) {
      const held = this.users[user]!;
      for (const tag of merge.scope) {
        const entered = isMatched(merge.runId, tag, user);
        if (entered === held.has(tag)) continue;
        changes.push({ user, tag, entered, was: held.get(tag) });
        if (entered) held.set(tag, by);
        else held.delete(tag);
      }
    }
    return this.record(merge, users.length, changes);
  }

  private undo(merge: SimMerge, undoes: number, batch: number): BatchCounts {
    const of = `${merge.runId}/${undoes}`;
    const among = new Set(usersOf(merge.shard, merge.shards).slice(batch * BATCH_USERS, (batch + 1) * BATCH_USERS));
    const undone: Change[] = [];
    const users = new Set<number>();
    for (const { user, tag, entered, was } of this.changes.get(placeOf({ ...merge, pass: undoes })) ?? []) {
      if (!merge.scope.includes(tag) || !among.has(user)) continue;
      users.add(user);
      const held = this.users[user]!;
      const now = held.get(tag);
      if (entered && now === of) {
        held.delete(tag);
        undone.push({ user, tag, entered: false, was: now });
      } else if (!entered && now === undefined && was !== undefined) {
        held.set(tag, was);
        undone.push({ user, tag, entered: true, was: undefined });
      }
    }
    return this.record(merge, users.size, undone);
  }

  private record(merge: SimMerge, users: number, changes: readonly Change[]): BatchCounts {
    const place = placeOf(merge);
    this.changes.set(place, [...(this.changes.get(place) ?? []), ...changes]);
    const changed = new Set(changes.map((change) => change.user)).size;
    for (const { tag } of changes) this.writtenOf.set(tag, (this.writtenOf.get(tag) ?? 0) + 1);
    this.written += changed;
    const count = (tag: number, entered: boolean) => changes.filter((one) => one.tag === tag && one.entered === entered).length;
    const tags = [...new Set(changes.map((one) => one.tag))].map((tag) => [tag, count(tag, true), count(tag, false)] as const);
    return { users, inserted: 0, updated: changed, unreadableRows: 0, conflicts: [], tags };
  }
}

const placeOf = (claim: Pick<Claim, 'runId' | 'pass' | 'shard'>): string => `${claim.runId}/${claim.pass}/${claim.shard}`;
