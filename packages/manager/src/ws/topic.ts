/** One topic: its number, who follows it, and the deltas that a returning client may still need. */
import { LIMITS } from '@tagmill/shared/limits';
import type { Encoded } from './encoded.ts';
import type { FeedClient } from './feed-client.ts';
import { FEED } from './settings.ts';

export class Topic {
  readonly name: string;
  /** Followers, and whether each waits for a snapshot because it fell behind. */
  readonly followers = new Map<FeedClient, { behind: boolean }>();
  /** Number of the newest delta. */
  seq: number;
  /** The state at `seq`, encoded; gone with the next delta. */
  snapshot: Encoded | undefined;
  /** When the last follower left; undefined while there is one. */
  emptySinceMs: number | undefined;
  /** Deltas seq - history.length + 1 ... seq. */
  readonly #history: Encoded[] = [];
  #historyBytes = 0;

  constructor(name: string, seq: number) {
    this.name = name;
    this.seq = seq;
  }

  /** Takes the delta numbered `seq + 1`. */
  push(delta: Encoded): void {
    this.seq++;
    this.snapshot = undefined;
    this.#history.push(delta);
    this.#historyBytes += delta.json.length;
    while (this.#history.length > LIMITS.feedHistory || this.#historyBytes > FEED.historyBytes) {
      this.#historyBytes -= this.#history.shift()!.json.length;
    }
  }

  /** Deltas after `seq`; undefined when some are gone, when they are more than a client may be behind, or when `seq` was never given out. */
  since(seq: number): readonly Encoded[] | undefined {
    const missing = this.seq - seq;
    if (missing < 0 || missing > this.#history.length) return undefined;
    const deltas = missing === 0 ? [] : this.#history.slice(-missing);
    const bytes = deltas.reduce((sum, { json }) => sum + json.length, 0);
    return bytes > LIMITS.feedSkipBytes ? undefined : deltas;
  }

  /** Forgets the deltas: nobody can go on from before here. */
  forgetHistory(): void {
    this.#history.length = 0;
    this.#historyBytes = 0;
  }
}
