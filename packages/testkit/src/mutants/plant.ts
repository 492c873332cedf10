/** Preloaded into a process (`node --import`) that shall have a mutant: its file is loaded with the bug in it. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { planted, withBug } from './mutant.ts';

const ROOT = join(import.meta.dirname, '../../../..');

const mutant = planted();
if (mutant !== undefined) {
  const path = join(ROOT, mutant.file);
  const url = pathToFileURL(path).href;
  registerHooks({
    load: (loaded, context, next) => {
      if (loaded.split('?')[0] !== url) return next(loaded, context);
      return { format: 'module-typescript', source: withBug(mutant, readFileSync(path, 'utf8')), shortCircuit: true };
    },
  });
}
