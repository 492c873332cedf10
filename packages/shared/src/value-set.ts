/**
 * Sets of values by content: uploaded lists that are too long to stand in every
 * rule, and users who hold a tag. A set travels once to each executor that needs
 * it, whatever the number of its runs: lines of JSON texts, ascending by bytes.
 */
import { TagmillError } from './errors.ts';

/** Lists of up to so many values stand in the rule itself. */
export const INLINE_VALUES = 1_000;

/** Name of a set as executors ask for it. */
export const setName = (hash: string): string => `values/${hash}`;

const HASH = /^values\/([0-9a-f]{64})$/;

/** The hash that a name stands for; undefined where it is no name of a set. */
export const hashOfName = (name: string): string | undefined => HASH.exec(name)?.[1];

/** A set of users may lie in pieces, each a set of its own: its name is those of all, in order. */
export const joinPieces = (hashes: readonly string[]): string => hashes.join('+');

/** Hashes of the pieces of a set, one at least. */
export const piecesOf = (set: string): readonly string[] => set.split('+');

/** One line for each value. */
export const linesOf = (values: readonly string[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

/** Errors: INTERNAL when it is no such text. */
export function valuesOf(lines: string): string[] {
  try {
    return lines === ''
      ? []
      : lines
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as string);
  } catch (error) {
    throw new TagmillError('INTERNAL', 'a set of values is damaged', {}, error);
  }
}
