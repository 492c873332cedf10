/**
 * Proof that the harness works, in small: a few planted bugs of every kind are
 * hunted here, all of them by `npm run mutants`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hunt } from '../src/mutants/hunt.ts';
import { withBug } from '../src/mutants/mutant.ts';
import { MUTANTS, mutantOf } from '../src/mutants/registry.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Quick ones: a core, a journal, a target, a copy and a rule that are wrong. */
const HUNTED = ['acknowledge-before-commit', 'settled-means-done', 'newest-copy-by-clock', 'slots-overrun', 'union-only-merge'] as const;

describe('planted bugs', () => {
  test('there are at least 25, each with a name of its own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
  });

  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))('%s fits the code as it is', (_, mutant) => {
    const text = readFileSync(join(ROOT, mutant.file), 'utf8');
    expect(withBug(mutant, text)).not.toBe(text);
  });

  test.each(HUNTED)('%s is found', async (name) => {
    const { by, sentence } = await hunt(mutantOf(name));
    expect(by, sentence).toBeDefined();
  });

  test('what is no bug is not found', async () => {
    const harmless = {
      ...mutantOf('slots-overrun'),
      to: 'executor.slots - executor.slotsUsed + 0 : 0;',
      foundBy: { seeds: 20, mix: 'drawn' },
    };
    const { by } = await hunt(harmless);
    expect(by).toBeUndefined();
  });

  test('a mutant that does not fit any more is told, not taken as found', () => {
    expect(() => withBug({ ...mutantOf('slots-overrun'), from: 'no such text' }, 'text')).toThrow('does not fit');
  });
});
