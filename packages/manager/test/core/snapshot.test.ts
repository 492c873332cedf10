/** A snapshot is the state: what follows it goes on exactly as if there had been none. */
import { LIMITS } from '@tagmill/shared/limits';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apply } from '../../src/core/apply.ts';
import { digest } from '../../src/core/digest.ts';
import { brokenInvariants } from '../../src/core/invariants.ts';
import { reportOf } from '../../src/core/report.ts';
import { decodeState } from '../../src/core/snapshot/decode.ts';
import { encodeState } from '../../src/core/snapshot/encode.ts';
import { emptyState, type ManagerState } from '../../src/core/state.ts';
import { attemptsView, executorView, fleetView, instanceView, runView, shardsView } from '../../src/core/views.ts';
import { History, reached, replayed, SETTINGS, WANTED } from './snapshot-history.ts';

const bytesOf = (state: ManagerState) => Buffer.concat([...encodeState(state)].map((section) => section.bytes));
const again = (state: ManagerState) => decodeState([...encodeState(state)], SETTINGS);

/** Everything that is shown of a state. */
function shown(state: ManagerState): unknown {
  const runs = [...state.runs.values()].map((run) => ({
    run: runView(state, run),
    report: reportOf(state, run),
    rows: Array.from({ length: run.size }, (_, row) => [
      instanceView(state, run, row),
      attemptsView(state, run, row),
      shardsView(run, row),
      run.stories.linesOf(row),
      run.index.find(run.task(row).name),
    ]),
  }));
  return { runs, executors: [...state.executors.values()].map(executorView), fleet: fleetView(state, '') };
}

const history = fc.record({ seed: fc.nat(), steps: fc.integer({ min: 0, max: 160 }), cut: fc.double({ min: 0, max: 1, noNaN: true }) });

test('whatever happens behind it, it is as if there had been no snapshot', () => {
  fc.assert(
    fc.property(history, ({ seed, steps, cut }) => {
      const { events } = new History(seed, steps);
      const at = Math.round(cut * events.length);
      const plain = replayed(events.slice(0, at));
      const restored = again(plain);
      expect(digest(restored, true)).toEqual(digest(plain, true));
      expect(shown(restored)).toEqual(shown(plain));
      expect(bytesOf(restored).equals(bytesOf(plain))).toBe(true);
      expect(brokenInvariants(restored)).toEqual(brokenInvariants(plain));
      replayed(events.slice(at), restored);
      replayed(events.slice(at), plain);
      expect(digest(restored, true)).toEqual(digest(plain, true));
      expect(shown(restored)).toEqual(shown(plain));
      expect(bytesOf(restored).equals(bytesOf(plain))).toBe(true);
      expect(brokenInvariants(restored)).toEqual(brokenInvariants(plain));
    }),
    { numRuns: 100 },
  );
}, 60_000);

test('at every point of a history it is the state, and histories reach what they are meant to', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 40; seed++) {
    const state = emptyState(SETTINGS);
    for (const [i, event] of new History(seed, 120).events.entries()) {
      apply(state, event);
      for (const name of reached(state)) seen.add(name);
      if (i % 7 !== 0) continue;
      const restored = digest(again(state), true);
      const plain = digest(state, true);
      // The long way only when they differ: it is slow, and tells where.
      if (JSON.stringify(restored) !== JSON.stringify(plain)) expect(restored, `seed ${seed}, event ${i}`).toEqual(plain);
    }
  }
  expect(WANTED.filter((name) => !seen.has(name))).toEqual([]);
}, 60_000);

test('a story that lost lines says how many', () => {
  const state = new History(1, 10).state;
  const run = [...state.runs.values()][0]!;
  for (let i = 0; i < 2 * LIMITS.storyLines; i++) run.stories.tell(0, i, `told ${i}`, i % 2 === 0 ? null : 'ann');
  const [restored] = [...again(state).runs.values()];
  expect(run.stories.droppedOf(0)).toBeGreaterThan(LIMITS.storyLines);
  expect(restored!.stories.droppedOf(0)).toBe(run.stories.droppedOf(0));
  expect(restored!.stories.linesOf(0)).toEqual(run.stories.linesOf(0));
});
