/**
 * The simulated target: a fence and a record of what was done per shard, in one
 * transaction, as the real sinks have (contract: sink-contract.ts).
 */
export interface SimMerge {
  readonly runId: string;
  readonly pass: number;
  readonly shard: number;
  readonly term: number;
  readonly token: number;
  readonly scope: readonly number[];
}

interface ShardRow {
  term: number;
  token: number;
  /** Highest token that ever asked. */
  highest: number;
  done: { readonly scope: readonly number[]; readonly token: number } | undefined;
}

export class SimSink {
  private readonly shards = new Map<string, ShardRow>();
  /** How often a tag of a shard was changed by each pass: run/pass/shard/tag -> times. */
  readonly effects = new Map<string, number>();
  fenced = 0;
  /** Highest term and token seen per shard, to check that none lower is committed. */
  readonly broken: string[] = [];

  private row(merge: SimMerge): ShardRow {
    const key = `${merge.runId}/${merge.pass}/${merge.shard}`;
    let row = this.shards.get(key);
    if (row === undefined) {
      row = { term: 0, token: 0, highest: 0, done: undefined };
      this.shards.set(key, row);
    }
    return row;
  }

  /** First transaction: takes the fence. False when a higher attempt holds it. */
  claim(merge: SimMerge): boolean {
    const row = this.row(merge);
    row.highest = Math.max(row.highest, merge.token);
    if (merge.term < row.term || (merge.term === row.term && merge.token < row.token)) {
      this.fenced += 1;
      return false;
    }
    row.term = merge.term;
    row.token = merge.token;
    return true;
  }

  /** Second transaction: fence read, effects and record together. Undefined when fenced. */
  commit(merge: SimMerge): readonly number[] | undefined {
    const row = this.row(merge);
    if (row.term !== merge.term || row.token !== merge.token) {
      this.fenced += 1;
      return undefined;
    }
    return this.apply(merge);
  }

  /** Effects and record, in one transaction: what the fence let through. */
  protected apply(merge: SimMerge): readonly number[] {
    const row = this.row(merge);
    if (merge.token < row.highest) this.broken.push(`[5] token ${merge.token} is committed after ${row.highest} was seen`);
    if (row.done !== undefined) return row.done.scope;
    row.done = { scope: merge.scope, token: merge.token };
    for (const tag of merge.scope) {
      const key = `${merge.runId}/${merge.pass}/${merge.shard}/${tag}`;
      const times = (this.effects.get(key) ?? 0) + 1;
      this.effects.set(key, times);
      if (times > 1) this.broken.push(`[2] ${key} was changed ${times} times`);
    }
    return row.done.scope;
  }

  merged(runId: string, pass: number, shard: number, tag: number): boolean {
    return this.effects.has(`${runId}/${pass}/${shard}/${tag}`);
  }
}
