import { applyFeed, type DeltaMessage, type TopicState } from '@tagmill/shared/feed/reducer';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/core/run.ts';
import { FeedSource } from '../../src/shell/feed-source.ts';
import { Bench } from './bench-of.ts';

const ADDRESS = () => '127.0.0.1:1';

/** Follows topics of a bench from the start, delta by delta, as a browser does. */
class Follower {
  readonly #bench: Bench;
  readonly #source: FeedSource;
  readonly #states = new Map<string, TopicState>();

  constructor(bench: Bench, topics: readonly string[]) {
    this.#bench = bench;
    this.#source = new FeedSource(bench.state, ADDRESS);
    for (const topic of topics) {
      const tables = this.#source.snapshot(topic);
      this.#states.set(topic, { topic, epoch: 'e', seq: 0, atMs: 0, tables: tables! });
    }
  }

  /** Somebody else asks for a topic: it is read anew. */
  snapshotForAnother(topic: string): unknown {
    return this.#source.snapshot(topic);
  }

  take(): void {
    for (const [topic, change] of this.#source.changes(new Set(this.#states.keys()))) {
      const state = this.#states.get(topic)!;
      const delta: DeltaMessage = { type: 'delta', topic, epoch: 'e', seq: state.seq + 1, atMs: 0, ...change };
      const applied = applyFeed(state, delta);
      this.#states.set(topic, applied.state!);
    }
  }

  tables(topic: string): unknown {
    return this.#states.get(topic)!.tables;
  }

  /** What somebody who comes now would be told. */
  fresh(topic: string): unknown {
    return new FeedSource(this.#bench.state, ADDRESS).snapshot(topic);
  }
}

function follow(tags: number, shards: number) {
  const bench = new Bench();
  const run = bench.run(tags, shards);
  const topics = [`run/${run.id}`, 'runs', 'executors', `instance/${run.id}/plan`, `instance/${run.id}/tag-1`];
  const follower = new Follower(bench, topics);
  const same = (when: string): void => {
    follower.take();
    for (const topic of topics) expect(follower.tables(topic), `${topic} when ${when}`).toEqual(follower.fresh(topic));
  };
  return { bench, run, follower, same };
}

/** A run of three tags with everything that a person can see change in it. */
function live(bench: Bench, run: Run, same: (when: string) => void): void {
  same('no executor is there');
  bench.join('e1', 1);
  same('an executor has joined');
  bench.plan(run, [2]);
  same('the plan is found, and one tag is broken');
  bench.finish(bench.open(run, 'evaluate')[0]!);
  same('a shard is evaluated');
  bench.act(run, 'hold', ['tag-1']);
  same('a tag is held');
  bench.finishAll(run, 'evaluate');
  same('all is evaluated');
  bench.finishAll(run, 'merge');
  same('all is merged');
  bench.act(run, 'release', ['tag-1']);
  same('the held tag is released');
  bench.finishAll(run, 'evaluate');
  bench.finishAll(run, 'merge');
  same('that is merged too');
}

describe('whoever follows from the start knows what one knows who comes now', () => {
  test('at every step of a run', () => {
    const { bench, run, same } = follow(3, 2);
    live(bench, run, same);
    expect(run.state).toBe('partial');
  });

  test('the plan of a run that is over may be made again, and its button says so', () => {
    const { bench, run, follower, same } = follow(100, 1);
    bench.join('e1', 1);
    bench.plan(run);
    follower.take();
    bench.finishAll(run, 'evaluate');
    bench.finishAll(run, 'merge');
    same('it is over');
  });

  test('what somebody else’s snapshot finds changed is told to all', () => {
    const { bench, run, follower } = follow(100, 1);
    bench.join('e1', 1);
    bench.plan(run);
    follower.take();
    // Nothing touches the tags that wait for a slot; why they wait has changed all the same.
    bench.state.executors.get('e1')!.disconnectedMs = bench.nowMs;
    const topic = `run/${run.id}`;
    follower.snapshotForAnother(topic);
    follower.take();
    expect(follower.tables(topic)).toEqual(follower.fresh(topic));
  });
});
