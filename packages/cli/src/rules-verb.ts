/** What the verbs about rules have in common: where they ask, how they tell what is refused. */
import { InvalidArgumentError, type Command } from 'commander';
import type { RulesPort } from '@tagmill/manager/port-rules';
import { TagmillError } from '@tagmill/shared/errors';
import type { RuleFault } from '@tagmill/shared/api/rules';
import type { ExampleResult } from '@tagmill/shared/rules/examples';
import type { DiffLine } from '@tagmill/shared/rules/line-diff';
import { addPlaceFlags, userName } from './flags/run.ts';
import { openPlace } from './open-place.ts';
import type { Place } from './place.ts';
import { say } from './say.ts';
import { diffText, exampleLines, faultLines } from './show/rule-text.ts';

export const addRulesFlags = addPlaceFlags;

/** Asks the manager that the flags name, or one of its own with one executor; tells all that a refusal says. */
export async function withRules(command: Command, use: (rules: RulesPort, place: Place) => Promise<number>): Promise<number> {
  const place = await openPlace(command, 1);
  try {
    return await use(place.rules, place);
  } catch (error) {
    if (error instanceof TagmillError) tellFacts(error);
    throw error;
  } finally {
    await place.close();
  }
}

/** Errors with all that they carry go to people's stream before the one line that ends the command. */
function tellFacts({ code, facts }: TagmillError): void {
  if (code === 'RULE_INVALID' && Array.isArray(facts['errors'])) for (const line of faultLines(facts['errors'] as RuleFault[])) say(line);
  if (code === 'EXAMPLE_BROKEN') for (const line of exampleLines(facts['results'] as ExampleResult[])) say(line);
  if (code === 'RULE_CONFLICT' && Array.isArray(facts['diff'])) process.stderr.write(diffText(facts['diff'] as DiffLine[]));
}

/** A positional argument that is the id of a tag. Throws USAGE. */
export function tagArgument(written: string): number {
  if (/^[1-9]\d{0,15}$/.test(written)) return Number(written);
  throw new TagmillError('USAGE', `${written} is no tag id; it is a positive number`);
}

export function versionFlag(written: string): number {
  if (/^[1-9]\d{0,8}$/.test(written)) return Number(written);
  throw new InvalidArgumentError('it is a positive number');
}

/** The ETag that was seen: the one that is named, or that of now. */
export async function writerFor(rules: RulesPort, tagId: number, ifMatch: string | undefined) {
  return { who: `cli:${userName()}`, ifMatch: ifMatch ?? (await rules.get(tagId)).etag };
}
