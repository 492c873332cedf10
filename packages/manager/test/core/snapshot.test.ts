/** A snapshot is the state: what follows it goes on exactly as if there had been none. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apply } from '../../src/core/apply.ts';
import { digest } from '../../src/core/digest.ts';
import type { Stamped } from '../../src/core/events.ts';
import { brokenInvariants } from '../../src/core/invariants.ts';
import { reportOf } from '../../src/core/report.ts';
import { decodeState } from '../../src/core/snapshot/decode.ts';
import { encodeState } from '../../src/core/snapshot/encode.ts';
import { emptyState, type ManagerState } from '../../src/core/state.ts';
import { attemptsView, executorView, fleetView, instanceView, runView, shardsView } from '../../src/core/views.ts';
import { History, SETTINGS } from './snapshot-history.ts';

function replay(events: readonly Stamped[], state: ManagerState = emptyState(SETTINGS)): ManagerState {
  for (const event of events) apply(state, event);
  return state;
}

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
      const plain = replay(events.slice(0, at));
      const restored = again(plain);
      expect(digest(restored, true)).toEqual(digest(plain, true));
      expect(shown(restored)).toEqual(shown(plain));
      expect(bytesOf(restored).equals(bytesOf(plain))).toBe(true);
      expect(brokenInvariants(restored)).toEqual(brokenInvariants(plain));
      replay(events.slice(at), restored);
      replay(events.slice(at), plain);
      expect(digest(restored, true)).toEqual(digest(plain, true));
      expect(shown(restored)).toEqual(shown(plain));
      expect(bytesOf(restored).equals(bytesOf(plain))).toBe(true);
      expect(brokenInvariants(restored)).toEqual(brokenInvariants(plain));
    }),
    { numRuns: 200 },
  );
}, 60_000);

test('the histories reach what they are meant to reach', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    for (const run of new History(seed, 120).state.runs.values()) {
      seen.add(`run ${run.state}`);
      for (const pass of run.passes) {
        for (const [name, there] of Object.entries({
          leaving: pass.leaving.size > 0,
          left: pass.left.size > 0,
          undone: pass.undone.size > 0,
          delayed: (pass.fanOut?.delayed.size ?? 0) > 0,
          returned: (pass.fanOut?.queue.returned.length ?? 0) > 0,
          unsure: (pass.fanOut?.unsure ?? 0) > 0,
          scopes: pass.scopes.length > 1,
          [pass.kind]: true,
          [pass.phase]: true,
        }))
          if (there) seen.add(name);
      }
    }
  }
  const wanted = ['leaving', 'left', 'delayed', 'returned', 'unsure', 'scopes', 'plan', 'tags', 'noop', 'rollback', 'draining', 'over'];
  expect(wanted.filter((name) => !seen.has(name))).toEqual([]);
});
