/**
 * What stands in each batch that any manager ever wrote, by its chain hash:
 * the ledger of what was promised is held against the chain that a start goes
 * on with.
 */
import type { ManagerEvent } from '@tagmill/manager/core/events';
import { decodeBatch } from '@tagmill/manager/store/codec';
import type { CommittedBatch, Position } from '@tagmill/manager/store/journal';

interface Facts {
  readonly seq: number;
  readonly before: string;
  readonly keys: readonly string[];
}

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('latin1');

/** Names of what an input promises once it is acknowledged: a click, a run, results. */
export function keysOf(event: ManagerEvent): string[] {
  switch (event.type) {
    case 'command':
      return [`click ${event.who}`];
    case 'run-created':
      return [`run ${event.spec.id}`];
    case 'plan-found':
      return [resultKey(event.fanOut, 0, event.token)];
    case 'results':
      return Array.from(event.shards, (shard, i) => resultKey(event.fanOut, shard, event.tokens[i]!));
    default:
      return [];
  }
}

export const resultKey = (fanOut: number, shard: number, token: number): string => `result ${fanOut}/${shard}/${token}`;

export class JournalFacts {
  private readonly facts = new Map<string, Facts>();
  private readonly promised = new Set<string>();
  readonly broken: string[] = [];

  /** A batch is written behind `before`. */
  written(before: Position, batch: CommittedBatch): void {
    const keys: string[] = [];
    for (const { event } of decodeBatch(batch.blob)) for (const key of keysOf(event)) keys.push(key);
    this.facts.set(hex(batch.hash), { seq: batch.seq, before: hex(before.hash), keys });
  }

  /** Somebody was told that this has happened. */
  promise(key: string): void {
    // Tokens that nobody ever gave promise nothing.
    if (!key.endsWith('NaN') && !key.endsWith('Infinity')) this.promised.add(key);
  }

  isPromised(key: string): boolean {
    return this.promised.has(key);
  }

  /** A start goes on from here: all that was promised must be there. `forgive`: a person has accepted the loss. */
  goesOn(head: Position, forgive: boolean): void {
    const there = new Set<string>();
    for (let at = this.facts.get(hex(head.hash)); at !== undefined; at = this.facts.get(at.before))
      for (const key of at.keys) there.add(key);
    for (const key of this.promised) {
      if (there.has(key)) continue;
      if (forgive) this.promised.delete(key);
      else this.broken.push(`[7] ${key} was acknowledged and is lost: the start goes on from entry ${head.seq} of term ${head.term}`);
    }
  }
}
