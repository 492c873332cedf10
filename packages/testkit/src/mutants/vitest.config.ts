/** Vitest for a mutant: the same tests, with one file changed as it is loaded. Processes that they start get it by NODE_OPTIONS. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { planted, withBug } from './mutant.ts';

const root = join(import.meta.dirname, '../../../..');
const mutant = planted();

export default defineConfig({
  root,
  plugins: [
    {
      name: 'plant',
      enforce: 'pre',
      transform: (text: string, id: string) =>
        mutant !== undefined && id.split('?')[0] === join(root, mutant.file) ? withBug(mutant, text) : undefined,
    },
  ],
  test: {
    include: ['packages/*/test/**/*.test.ts', 'packages/*/src/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is transformed here has a bug in it: no other run may find it in a cache, and none of theirs is wanted.
    fsModuleCache: false,
    pool: 'forks',
    maxWorkers: 1,
  },
});
