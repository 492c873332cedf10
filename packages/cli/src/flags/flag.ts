/** Flags: readers of values for commander, and the texts that several verbs share. */
import { InvalidArgumentError, Option } from 'commander';

/** A flag whose value is read by one of the shared readers; what they refuse is a usage error. */
export function valueFlag<T>(flags: string, description: string, read: (written: string) => T): Option {
  return new Option(flags, description).argParser((written: string): T => {
    try {
      return read(written);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
  });
}

/** A flag that may be given again and again; all its values, in order. */
export function listFlag(flags: string, description: string, check: (written: string) => unknown): Option {
  return new Option(flags, description).argParser((written: string, before: readonly string[] | undefined): readonly string[] => {
    try {
      check(written);
    } catch (error) {
      throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
    }
    return [...(before ?? []), written];
  });
}

export const examples = (...lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  $ tagmill ${line}`).join('\n')}\n`;
