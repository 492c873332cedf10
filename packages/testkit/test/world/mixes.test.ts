import { describe, expect, test } from 'vitest';
import { FAULT_KINDS, type FaultKind } from '../../src/world/faults.ts';
import { MIXES, mixOf } from '../../src/world/mixes.ts';
import { runSeeds } from '../../src/world/run-seeds.ts';
import { simulate } from '../../src/world/world.ts';

const none = () => undefined;

describe('mixes', () => {
  test.each(MIXES.map(({ name }) => name))('%s: 15 seeds end well', async (name) => {
    const { failed } = await runSeeds({ from: 1, to: 15 }, { mix: name }, none, 1);
    expect(failed).toEqual([]);
  });

  test('a mix that is not there is refused', () => {
    expect(() => mixOf('nothing-of-this-name', 1)).toThrow('--mix list');
  });

  test('every kind of fault happens in the drawn mixes, and has an effect', () => {
    const injected = new Set<FaultKind>();
    const sums = { restarts: 0, fenced: 0, settled: 0, fromCopies: 0, acknowledged: 0, ignoredResults: 0 };
    for (let seed = 1; seed <= 100; seed++) {
      const result = simulate({ seed });
      for (const kind of result.injected.keys()) injected.add(kind);
      for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += result[name];
    }
    // Rates of clocks are drawn once and not counted.
    expect(FAULT_KINDS.filter((kind) => !injected.has(kind))).toEqual(['clock-rate']);
    for (const [name, sum] of Object.entries(sums)) expect(sum, name).toBeGreaterThan(0);
  });
});
