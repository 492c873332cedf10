import { expect, test } from 'vitest';
import { AttemptWatch } from '../../../src/core/recovery/attempts.ts';
import type { ManagerState } from '../../../src/core/state.ts';
import { DONE, LEASED, UNSURE, WAITING } from '../../../src/core/fan-out.ts';
import { Bench } from '../bench-of.ts';

/** Four shards of an evaluation under way on two executors; what the journal says when it ends. */
function underWay() {
  const bench = new Bench();
  bench.join('e1', 2);
  bench.join('e2', 2);
  const run = bench.run(1, 4);
  bench.plan(run);
  const [place] = [...bench.state.open.values()];
  expect(place!.fanOut.leased).toBe(4);
  return { state: bench.state, fanOut: place!.fanOut, run };
}

const numberOf = (state: ManagerState, id: string): number => state.executors.get(id)!.number;

test('an attempt goes on where it was, was found in the target, or is done again', () => {
  const { state, fanOut, run } = underWay();
  const shards = [0, 1, 2, 3];
  const of = (id: string): number[] => shards.filter((shard) => fanOut.executor[shard] === numberOf(state, id) + 1);
  const [kept, answered] = of('e1') as [number, number];
  const [accepted, redone] = of('e2') as [number, number];
  const watch = new AttemptWatch(state);
  expect(watch.running).toBe(4);
  watch.look(new Set());
  expect([watch.kept, watch.accepted, watch.redone, watch.executors.size]).toEqual([0, 0, 0, 2]);
  // e1 has come back with one in hand and the result of the other.
  fanOut.state[answered] = DONE;
  watch.look(new Set([numberOf(state, 'e1')]));
  expect([watch.kept, watch.redone, [...watch.executors]]).toEqual([2, 0, [numberOf(state, 'e2')]]);
  // e2 has not: the target is asked about one, the other waits for a lease.
  fanOut.state[accepted] = UNSURE;
  fanOut.state[redone] = WAITING;
  watch.look(new Set());
  expect([watch.asking, watch.redone, watch.over]).toEqual([1, 1, false]);
  fanOut.token[accepted]! += 100;
  fanOut.state[accepted] = DONE;
  watch.look(new Set());
  expect([watch.kept, watch.accepted, watch.redone, watch.over]).toEqual([2, 1, 1, true]);
  expect(watch.examples[0]).toEqual({ runId: run.id, task: 'tag-1', shard: redone, outcome: 'redone' });
  expect(watch.examples.map((one) => one.outcome)).toEqual(['redone', 'accepted', 'kept', 'kept']);
  expect(kept).not.toBe(answered);
});

test('a lease under another token is another attempt', () => {
  const { state, fanOut } = underWay();
  const watch = new AttemptWatch(state);
  for (let shard = 0; shard < 4; shard++) {
    fanOut.token[shard]! += 50;
    expect(fanOut.state[shard]).toBe(LEASED);
  }
  watch.look(new Set([0, 1]));
  expect([watch.kept, watch.redone]).toEqual([0, 4]);
});
