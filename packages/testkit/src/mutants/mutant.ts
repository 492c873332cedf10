/**
 * A planted bug: a change of one source file, made in memory when the file is
 * loaded for a test. Nothing of it is in any build: product code names no
 * mutant, and only `plant.ts`, which a test preloads, knows how to make one.
 */
export interface Mutant {
  readonly name: string;
  /** What is wrong then, in one sentence. */
  readonly bug: string;
  /** Path under the repository. */
  readonly file: string;
  /** Stands there once. */
  readonly from: string;
  readonly to: string;
  readonly foundBy: FoundBy;
}

export type FoundBy =
  /** By a seed from 1 to `seeds` of a mix. */
  | { readonly seeds: number; readonly mix: string }
  /** By a test of this file, or of those whose names match. */
  | { readonly test: string; readonly name?: string };

/** The file's text with the bug in it. Throws RangeError when the mutant does not fit the code any more. */
export function withBug(mutant: Mutant, text: string): string {
  const at = text.indexOf(mutant.from);
  if (at < 0) throw new RangeError(`the mutant ${mutant.name} does not fit ${mutant.file}: its text is not there any more`);
  if (text.indexOf(mutant.from, at + 1) >= 0)
    throw new RangeError(`the mutant ${mutant.name} does not fit ${mutant.file}: its text is there more than once`);
  return text.slice(0, at) + mutant.to + text.slice(at + mutant.from.length);
}

/** Where a process that is to have a mutant finds it. */
export const MUTANT_VARIABLE = 'TAGMILL_MUTANT';

/** The mutant of this process. */
export function planted(): Mutant | undefined {
  const json = process.env[MUTANT_VARIABLE];
  return json === undefined ? undefined : (JSON.parse(json) as Mutant);
}
