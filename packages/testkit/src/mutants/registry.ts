/** Every planted bug, by what it is about. A new invariant or mechanism brings a mutant along. */
import { TagmillError } from '@tagmill/shared/errors';
import { CORE_MUTANTS } from './core.ts';
import { EXECUTOR_MUTANTS } from './executor.ts';
import { JOURNAL_MUTANTS } from './journal.ts';
import type { Mutant } from './mutant.ts';
import { RULE_MUTANTS } from './rules.ts';
import { TARGET_MUTANTS } from './target.ts';

export const MUTANTS: readonly Mutant[] = [...CORE_MUTANTS, ...JOURNAL_MUTANTS, ...EXECUTOR_MUTANTS, ...TARGET_MUTANTS, ...RULE_MUTANTS];

/** Throws USAGE for a name that is unknown. */
export function mutantOf(name: string): Mutant {
  const mutant = MUTANTS.find((one) => one.name === name);
  if (mutant === undefined) throw new TagmillError('USAGE', `there is no mutant ${name}: npm run mutants -- --list shows those there are`);
  return mutant;
}
