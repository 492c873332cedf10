import { describe, expect, test } from 'vitest';
import * as core from '../../src/core/attempts.ts';

const order = (over: Partial<core.DispatchOrder> = {}): core.DispatchOrder => ({
  runId: 'r1',
  pass: 1,
  step: 'merge',
  fanOut: 7,
  firstToken: 100,
  shards: [0, 1, 2],
  attempts: [1, 1, 1],
  scope: [1],
  pieceHashes: ['a', 'b', 'c'],
  term: 5,
  ...over,
});

const types = (effects: readonly core.ExecutorEffect[]): string[] => effects.map((effect) => effect.type);

function joined(slots = 2): core.ExecutorState {
  const state = core.newExecutorState(slots);
  core.welcomed(state, 'journal-a', 5);
  return state;
}

describe('leases', () => {
  test('take slots in the order that they came; the rest wait', () => {
    const state = joined();
    expect(types(core.dispatched(state, order()))).toEqual(['start', 'start']);
    expect(state.running).toBe(2);
    expect(types(core.finished(state, 7, 0, 100, core.STATUS_DONE, '{}'))).toEqual(['results', 'start']);
  });

  test('given up after a sleep are reported when their attempts have ended, not before: what runs may still write', () => {
    const state = joined();
    core.dispatched(state, order());
    const given = core.leasesLost(state);
    expect(types(given)).toEqual(['abort', 'abort', 'results']);
    const results = given.find((effect) => effect.type === 'results');
    expect(results?.type === 'results' && results.attempts.map((one) => one.shard)).toEqual([2]);
    expect(state.running).toBe(2);
    // One had committed before it heard of it: that is what it says.
    core.finished(state, 7, 0, 100, core.STATUS_DONE, '{}');
    core.finished(state, 7, 1, 101, core.STATUS_FAILED, '{}');
    const attempts = [...state.work.get(7)!.attempts.values()];
    expect(attempts.map((one) => one.status)).toEqual([core.STATUS_DONE, core.STATUS_STOPPED, core.STATUS_STOPPED]);
    expect(state.running).toBe(0);
  });

  test('a lower term of the same journal is refused; another journal begins again with its own', () => {
    const state = joined();
    expect(core.dispatched(state, order({ term: 4 }))).toEqual([]);
    expect(state.refusedDispatches).toBe(3);
    core.dispatched(state, order());
    const effects = core.welcomed(state, 'journal-b', 1);
    expect(types(effects)).toEqual(['abort', 'abort']);
    expect(state.work.size).toBe(0);
    expect(types(core.dispatched(state, order({ term: 1 })))).toEqual(['start', 'start']);
  });

  test('carry the term and the scope of their own dispatch, also where the executor has work of an older term', () => {
    const state = joined();
    core.dispatched(state, order({ shards: [0], term: 5, scope: [1, 2] }));
    core.dispatched(state, order({ shards: [1], firstToken: 200, term: 6, scope: [1] }));
    const attempts = [...state.work.get(7)!.attempts.values()];
    expect(attempts.map(({ term, scope }) => [term, scope])).toEqual([
      [5, [1, 2]],
      [6, [1]],
    ]);
  });

  test('a result of the attempt before changes nothing', () => {
    const state = joined();
    core.dispatched(state, order({ shards: [0] }));
    core.dispatched(state, order({ shards: [0], firstToken: 200 }));
    expect(core.finished(state, 7, 0, 100, core.STATUS_DONE, '{}')).toEqual([]);
    expect(state.work.get(7)?.attempts.get(0)?.token).toBe(200);
  });
});

describe('a pass that is over', () => {
  test('ends what still runs for it, so that its slots are free', () => {
    const state = joined();
    core.dispatched(state, order());
    expect(types(core.passOver(state, 'r1', 1))).toEqual(['abort', 'abort', 'forget-pass']);
    core.finished(state, 7, 0, 100, core.STATUS_FAILED, '{}');
    core.finished(state, 7, 1, 101, core.STATUS_FAILED, '{}');
    expect(state.running).toBe(0);
    core.confirmed(state, 7, [0, 1], [100, 101]);
    expect(state.work.size).toBe(0);
  });
});

describe('tiny shards', () => {
  test('of a worker that died are told as failed, so that they are leased again', () => {
    const state = joined();
    core.dispatched(state, order({ step: 'run', pieceHashes: [] }));
    const effects = core.finishedTiny(state, 7, [0, 1], core.STATUS_FAILED, '{"code":"WORKER_DIED","message":"gone"}');
    expect(types(effects)).toEqual(['results']);
    const results = effects[0];
    expect(results?.type === 'results' && results.attempts.map((one) => [one.shard, one.status, one.detail])).toEqual([
      [0, core.STATUS_FAILED, '{"code":"WORKER_DIED","message":"gone"}'],
      [1, core.STATUS_FAILED, '{"code":"WORKER_DIED","message":"gone"}'],
    ]);
  });
});

describe('draining', () => {
  test('is over when nothing runs and nothing waits to be confirmed', () => {
    const state = joined();
    core.dispatched(state, order({ shards: [0] }));
    expect(core.drain(state)).toEqual([]);
    expect(types(core.finished(state, 7, 0, 100, core.STATUS_DONE, '{}'))).toEqual(['results']);
    expect(types(core.confirmed(state, 7, [0], [100]))).toEqual(['idle']);
  });
});
