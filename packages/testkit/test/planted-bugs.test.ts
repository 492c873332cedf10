/**
 * Proof that the simulated world finds bugs: each of these is planted by
 * putting another module in the place of a real one, and must be found within
 * the given number of seeds.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';

const MODULES = {
  executors: '../../manager/src/core/apply/executors.ts',
  leases: '../../manager/src/core/apply/leases.ts',
  passes: '../../manager/src/core/passes.ts',
  results: '../../manager/src/core/apply/results.ts',
  commands: '../../manager/src/core/commands.ts',
  instances: '../../manager/src/core/instances.ts',
  replay: '../../manager/src/shell/replay.ts',
  codec: '../../manager/src/store/codec.ts',
  attempts: '../../executor/src/core/attempts.ts',
  details: '../../manager/src/core/apply/details.ts',
  policies: '../../manager/src/core/policies.ts',
  managerNode: '../src/world/manager-node.ts',
  sink: '../src/world/sink.ts',
  clock: '../../manager/src/shell/forward-clock.ts',
} as const;

type Modules = {
  executors: typeof import('../../manager/src/core/apply/executors.ts');
  leases: typeof import('../../manager/src/core/apply/leases.ts');
  passes: typeof import('../../manager/src/core/passes.ts');
  results: typeof import('../../manager/src/core/apply/results.ts');
  commands: typeof import('../../manager/src/core/commands.ts');
  instances: typeof import('../../manager/src/core/instances.ts');
  replay: typeof import('../../manager/src/shell/replay.ts');
  codec: typeof import('../../manager/src/store/codec.ts');
  attempts: typeof import('../../executor/src/core/attempts.ts');
  details: typeof import('../../manager/src/core/apply/details.ts');
  policies: typeof import('../../manager/src/core/policies.ts');
  managerNode: typeof import('../src/world/manager-node.ts');
  sink: typeof import('../src/world/sink.ts');
  clock: typeof import('../../manager/src/shell/forward-clock.ts');
};

afterEach(() => {
  for (const path of Object.values(MODULES)) vi.doUnmock(path);
  vi.resetModules();
});

/** Puts a planted module in place, and gives the first seed that finds it with what it says; undefined when none does. */
async function firstFound<Name extends keyof Modules>(
  name: Name,
  plant: (real: Modules[Name]) => Partial<Modules[Name]>,
  seeds: number,
): Promise<string | undefined> {
  vi.resetModules();
  vi.doMock(MODULES[name], async (importReal) => {
    const real = (await importReal()) as Modules[Name];
    return { ...real, ...plant(real) };
  });
  const { simulate } = await import('../src/world/world.ts');
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      const { broken } = simulate({ seed, calmMs: 120_000 });
      if (broken.length > 0) return `seed ${seed}: ${broken[0]}`;
    } catch (error) {
      return `seed ${seed}: ${String(error)}`;
    }
  }
  return undefined;
}

async function found<Name extends keyof Modules>(
  name: Name,
  plant: (real: Modules[Name]) => Partial<Modules[Name]>,
  seeds: number,
  says: RegExp,
): Promise<void> {
  const sentence = await firstFound(name, plant, seeds);
  expect(sentence).toBeDefined();
  expect(sentence).toMatch(says);
}

describe('a planted bug is found', () => {
  test('none: the world as it is', async () => {
    expect(await firstFound('policies', () => ({}), 100)).toBeUndefined();
  });

  test('an input is acknowledged before it is on disk', () =>
    found(
      'managerNode',
      (real) => ({
        ManagerNode: class extends real.ManagerNode {
          override push(...[input, accepted]: Parameters<InstanceType<typeof real.ManagerNode>['push']>): void {
            accepted?.();
            super.push(input);
          }
        },
      }),
      300,
      /\[7\]|\[1\]/,
    ));

  test('tokens that the journal reserved are used again after a restart', () =>
    found(
      'replay',
      (real) => ({
        Replay: class extends real.Replay {
          override finish(nowMs: number, steadyMs: number) {
            const used = this.state.tokenNext;
            const state = super.finish(nowMs, steadyMs);
            state.tokenNext = used;
            return state;
          }
        },
        recover: (batches, settings, nowMs, steadyMs) => {
          const recovered = real.recover(batches, settings, nowMs, steadyMs);
          let used = 1;
          for (const run of recovered.state.runs.values())
            for (const pass of run.passes) for (const token of pass.fanOut?.token ?? []) used = Math.max(used, token + 1);
          recovered.state.tokenNext = used;
          return recovered;
        },
      }),
      300,
      /\[5\]/,
    ));

  test('results count whatever their token', () =>
    found(
      'results',
      (real) => ({
        applyResults: (state, event, effects) => {
          const fanOut = state.open.get(event.fanOut)?.fanOut;
          const tokens = event.tokens.map((token, i) => fanOut?.token[event.shards[i]!] ?? token);
          const holder = state.executorAt[(fanOut?.executor[event.shards[0]!] ?? 0) - 1];
          real.applyResults(state, { ...event, tokens, executor: holder?.id ?? event.executor }, effects);
        },
      }),
      300,
      /\[\d+\]/,
    ));

  test('a stop is confirmed while attempts still write', () =>
    found(
      'passes',
      (real) => ({
        leave: (state, run, row, target, why, effects) => {
          real.leave(state, run, row, target, why, effects);
          const left = run.pass(row)?.leaving.get(row);
          if (left !== undefined) left.remaining = 0;
        },
      }),
      300,
      /\[\d+\]/,
    ));

  test('two passes merge at once', () =>
    found(
      'passes',
      (real) => ({
        beginMerge: (state, run, pass) => {
          real.beginMerge(state, run, pass);
          state.merging = null;
        },
      }),
      100,
      /\[2\]/,
    ));

  test('leases of an executor that is lost do not end', () =>
    found(
      'executors',
      () => ({
        applyLost: (state, event) => {
          state.executors.get(event.id)!.state = 'gone';
        },
      }),
      300,
      /\[\d+\]/,
    ));

  test('a replay skips what the core decided', () =>
    found(
      'codec',
      (real) => ({ decodeBatch: (blob) => real.decodeBatch(blob).filter(({ event }) => event.type !== 'leased') }),
      100,
      /\[9\]|\[1\]|\[11\]/,
    ));

  test('an executor that slept gives its attempts up and tells nobody', () =>
    found(
      'attempts',
      () => ({
        leasesLost: (state) => {
          state.work.clear();
          state.running = 0;
          return [];
        },
      }),
      600,
      /\[1\]/,
    ));

  test('an executor forgets results before they are confirmed', () =>
    found(
      'attempts',
      (real) => ({
        finished: (state, fanOut, shard, token, status, detail) => {
          const effects = real.finished(state, fanOut, shard, token, status, detail);
          state.work.get(fanOut)?.attempts.delete(shard);
          return effects;
        },
      }),
      300,
      /\[\d+\]/,
    ));

  test('the target keeps no record of what a shard has done', () =>
    found(
      'sink',
      (real) => ({
        SimSink: class extends real.SimSink {
          override commit(merge: Parameters<InstanceType<typeof real.SimSink>['commit']>[0]) {
            for (const row of (this as unknown as { shards: Map<string, { done: unknown }> }).shards.values()) row.done = undefined;
            return super.commit(merge);
          }
        },
      }),
      300,
      /\[2\]/,
    ));

  test('the target reads no fence', () =>
    found(
      'sink',
      (real) => ({
        SimSink: class extends real.SimSink {
          override claim(): boolean {
            return true;
          }
          override commit(merge: Parameters<InstanceType<typeof real.SimSink>['commit']>[0]) {
            super.claim(merge);
            return this.apply(merge);
          }
        },
      }),
      600,
      /\[5\]/,
    ));

  test('retries wait by a clock that is set back', () =>
    found('clock', () => ({ forwardClock: (_from, wall) => wall ?? (() => 0) }), 600, /\[\d+\]/));

  test('who may begin is not asked whether its upstream has ended', () =>
    found(
      'instances',
      (real) => ({ promote: (state, run, row) => void real.fire(state, run, row, 'upstream-ready', 'planted') }),
      100,
      /\[\d+\]/,
    ));

  test('an answer that cannot be read is taken as it is', () =>
    found('details', () => ({ readEvaluated: (detail) => JSON.parse(detail) }), 300, /SyntaxError|JSON/));
});
