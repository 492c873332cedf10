/**
 * The live feed: topics whose changes are numbered, encoded once, and shared by
 * all who follow. A topic that nobody follows costs nothing.
 *
 * Snapshot and deltas fit without a hole because a snapshot is taken in one
 * synchronous step: what is pending goes out as deltas, the state is read, what
 * the reading brought to light goes out as one more delta, and the snapshot
 * stands for the number of that: one number, one state, for everybody.
 */
import type { DeltaMessage, FeedTables, ServerMessage } from '@tagmill/shared/feed/reducer';
import type { ErrorCode } from '@tagmill/shared/errors';
import { LIMITS } from '@tagmill/shared/limits';
import type { Logger } from 'pino';
import { Encoded } from './encoded.ts';
import type { FeedClient } from './feed-client.ts';
import type { FeedSource } from './feed-source.ts';
import { Pace } from './pace.ts';
import { FEED } from './settings.ts';
import { Topic } from './topic.ts';

/** Where a client stands in a topic. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

export class FeedHub {
  /** Names this process's numbering. */
  readonly epoch: string;
  readonly #source: FeedSource;
  readonly #log: Logger;
  readonly #clients = new Set<FeedClient>();
  readonly #topics = new Map<string, Topic>();
  readonly #wanted = new Set<string>();
  readonly #pace: Pace;
  readonly #ticker: NodeJS.Timeout;
  readonly #unlisten: () => void;
  /** Above every number that a topic which is gone has given out, so that nobody resumes from one. */
  #floor = 0;

  constructor(source: FeedSource, epoch: string, log: Logger) {
    this.#source = source;
    this.epoch = epoch;
    this.#log = log;
    this.#pace = new Pace(() => this.flush());
    this.#unlisten = source.onChange((urgent) => {
      if (this.#wanted.size > 0) this.#pace.ask(urgent);
    });
    this.#ticker = setInterval(() => this.#tick(), FEED.timeEveryMs);
    this.#ticker.unref();
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** A connection is there; it gets the time from now on. */
  join(client: FeedClient): void {
    this.#clients.add(client);
    client.send(this.#time());
  }

  leave(client: FeedClient): void {
    if (!this.#clients.delete(client)) return;
    for (const topic of this.#topics.values()) this.#unfollow(topic, client);
  }

  /** Follows a topic: from where the client was, when that is still known, else from a snapshot. */
  subscribe(client: FeedClient, name: string, from?: Position): void {
    const known = this.#topics.get(name);
    const topic = known ?? (name.length <= FEED.topicLength && this.#source.exists(name) ? this.#open(name) : undefined);
    if (topic === undefined) {
      this.#refuse(client, name);
      return;
    }
    this.flush();
    if (!this.#source.isThere(name)) {
      // The state comes when there is one.
      topic.followers.set(client, { behind: true });
      topic.emptySinceMs = undefined;
      return;
    }
    const since = known !== undefined && from?.epoch === this.epoch ? topic.since(from.seq) : undefined;
    if (since === undefined && this.#snapshot(topic) === undefined) {
      if (topic.followers.size === 0) this.#close(topic);
      this.#refuse(client, name);
      return;
    }
    topic.followers.set(client, { behind: false });
    topic.emptySinceMs = undefined;
    this.#begin(client, topic, since, from);
  }

  #begin(client: FeedClient, topic: Topic, since: readonly Encoded[] | undefined, from: Position | undefined): void {
    if (client.bufferedBytes() > LIMITS.feedSkipBytes) {
      // It asks faster than it reads; the snapshot comes when it has read.
      topic.followers.set(client, { behind: true });
      this.#pace.ask(false);
    } else if (since !== undefined && from !== undefined) {
      client.send(new Encoded({ type: 'resumed', topic: topic.name, epoch: this.epoch, seq: from.seq }));
      for (const delta of since) client.send(delta);
    } else {
      client.send(topic.snapshot!);
    }
  }

  unsubscribe(client: FeedClient, name: string): void {
    const topic = this.#topics.get(name);
    if (topic !== undefined) this.#unfollow(topic, client);
  }

  topicsOf(client: FeedClient): number {
    let count = 0;
    for (const topic of this.#topics.values()) if (topic.followers.has(client)) count++;
    return count;
  }

  /** Sends what has changed, now. */
  flush(): void {
    const endTurn = this.#pace.begin();
    if (this.#wanted.size > 0) {
      this.#sendChanges();
      this.#catchUp();
    }
    endTurn();
  }

  close(): void {
    clearInterval(this.#ticker);
    this.#pace.stop();
    this.#unlisten();
    for (const client of this.#clients) client.cut('the manager is closing', 'manager');
    this.#clients.clear();
    this.#topics.clear();
    this.#wanted.clear();
  }

  #sendChanges(): void {
    const atMs = this.#source.now();
    for (const [name, { set, drop }] of this.#changes()) {
      const topic = this.#topics.get(name);
      if (topic === undefined || (isEmpty(set) && isEmpty(drop))) continue;
      const delta: DeltaMessage = {
        type: 'delta',
        topic: name,
        epoch: this.epoch,
        seq: topic.seq + 1,
        atMs,
        ...(isEmpty(set) ? {} : { set: set! }),
        ...(isEmpty(drop) ? {} : { drop: drop! }),
      };
      const encoded = new Encoded(delta);
      topic.push(encoded);
      for (const [client, follower] of topic.followers) {
        if (follower.behind) continue;
        follower.behind = !this.#offer(client, encoded);
      }
    }
  }

  /** What has changed. A defect behind it must not end the process that runs the tasks. */
  #changes(): ReturnType<FeedSource['changes']> {
    try {
      return this.#source.changes(this.#wanted);
    } catch (error) {
      this.#lost(error);
      return new Map();
    }
  }

  /** Sends unless the client is too far behind; one that is hopelessly so is cut off. */
  #offer(client: FeedClient, message: Encoded): boolean {
    const behindBytes = client.behindBytes();
    if (behindBytes <= LIMITS.feedSkipBytes) {
      client.send(message);
      return true;
    }
    if (behindBytes > LIMITS.feedCutBytes) this.#cut(client);
    return false;
  }

  #cut(client: FeedClient): void {
    this.#log.warn({ bufferedBytes: client.bufferedBytes() }, 'feed client reads too slowly; cut off');
    client.cut('reads too slowly');
    this.leave(client);
  }

  /** Those that fell behind and have read since get the state as it is now. */
  #catchUp(): void {
    let waiting = false;
    for (const topic of this.#topics.values()) {
      for (const [client, follower] of topic.followers) {
        if (!follower.behind) continue;
        if (client.bufferedBytes() > LIMITS.feedSkipBytes / 4) {
          if (client.behindBytes() > LIMITS.feedCutBytes) this.#cut(client);
          else waiting = true;
          continue;
        }
        const snapshot = this.#snapshot(topic);
        if (snapshot === undefined) continue; // Vanished; the next tick says so.
        follower.behind = false;
        client.send(snapshot);
      }
    }
    if (waiting) this.#pace.ask(false);
  }

  /** The state at the topic's number. Only right after a flush. */
  #snapshot(topic: Topic): Encoded | undefined {
    if (topic.snapshot !== undefined) return topic.snapshot;
    if (!this.#source.isThere(topic.name)) return undefined;
    const tables = this.#tables(topic.name);
    if (tables === undefined) return undefined;
    // A large run is looked at in turns, and heartbeats alone change nothing: the reading may have found more than the flush.
    this.#sendChanges();
    topic.snapshot = new Encoded({
      type: 'snapshot',
      topic: topic.name,
      epoch: this.epoch,
      seq: topic.seq,
      atMs: this.#source.now(),
      tables,
    });
    return topic.snapshot;
  }

  #tables(topic: string): FeedTables | undefined {
    try {
      return this.#source.snapshot(topic);
    } catch (error) {
      this.#log.error({ err: error, topic }, 'feed: a topic could not be read');
      return undefined;
    }
  }

  /** Changes that could not be read are lost to all; whoever follows needs the whole state again. */
  #lost(error: unknown): void {
    this.#log.error({ err: error }, 'feed: changes could not be read; all topics are sent anew');
    for (const topic of this.#topics.values()) {
      topic.seq++;
      topic.snapshot = undefined;
      topic.forgetHistory();
      for (const follower of topic.followers.values()) follower.behind = true;
    }
    if (this.#wanted.size > 0) this.#pace.ask(false);
  }

  #open(name: string): Topic {
    const topic = new Topic(name, this.#floor);
    this.#topics.set(name, topic);
    this.#wanted.add(name);
    return topic;
  }

  #close(topic: Topic): void {
    this.#floor = Math.max(this.#floor, topic.seq + 1);
    this.#topics.delete(topic.name);
    this.#wanted.delete(topic.name);
  }

  #unfollow(topic: Topic, client: FeedClient): void {
    if (topic.followers.delete(client) && topic.followers.size === 0) topic.emptySinceMs = performance.now();
  }

  #refuse(client: FeedClient, topic: string): void {
    this.refuse(client, topic.slice(0, FEED.topicLength), 'NOT_FOUND', `There is no topic ${JSON.stringify(topic.slice(0, 100))}.`);
  }

  refuse(client: FeedClient, topic: string, code: ErrorCode, message: string): void {
    client.send(new Encoded({ type: 'refused', topic, code, message }));
  }

  #time(): Encoded {
    return new Encoded({ type: 'time', atMs: this.#source.now() } satisfies ServerMessage);
  }

  #tick(): void {
    const time = this.#time();
    for (const client of this.#clients) this.#offer(client, time);
    const nowMs = performance.now();
    for (const topic of this.#topics.values()) {
      if (topic.emptySinceMs !== undefined && nowMs - topic.emptySinceMs > FEED.lingerMs) this.#close(topic);
      else if (!this.#source.exists(topic.name)) this.#vanish(topic);
    }
    // Nobody follows anything: the source may forget what has changed.
    if (this.#wanted.size === 0) this.#sendChanges();
  }

  /** The thing of a topic is gone: its records go from every screen, and nobody follows it any more. */
  #vanish(topic: Topic): void {
    const empty = new Encoded({
      type: 'snapshot',
      topic: topic.name,
      epoch: this.epoch,
      seq: topic.seq + 1,
      atMs: this.#source.now(),
      tables: {},
    });
    for (const client of topic.followers.keys()) {
      client.send(empty);
      this.#refuse(client, topic.name);
    }
    topic.seq++;
    this.#close(topic);
  }
}

function isEmpty(tables: { readonly [table: string]: object } | undefined): boolean {
  if (tables === undefined) return true;
  for (const table in tables) for (const _ in tables[table]) return false;
  return true;
}
