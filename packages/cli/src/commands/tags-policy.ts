/** `tagmill tags policy`: what tags allow of a run before its check holds them. */
import { InvalidArgumentError, Option } from 'commander';
import { MOST_KEEP_FOR_RUNS, MOST_MOVE, UNKNOWN_POLICIES, type UnknownPolicy } from '@tagmill/shared/tag-policy';
import type { PolicyAnswer, PolicyBody } from '@tagmill/shared/api/tag-policy';
import { TagmillError } from '@tagmill/shared/errors';
import { examples, valueFlag } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { printJson, say } from '../say.ts';
import { tagArgument } from '../rules-verb.ts';
import { addTagsFlags, byCommand, withTags } from '../tags-verb.ts';

const ABOUT = `
A run whose result for the tag is beyond a limit holds the tag at its check, before a
row of it is written; the other tags go on. \`tagmill tags release\` and \`tagmill tags
discard\`, or two buttons of the page, say what becomes of it. The move is measured
against the newest successful run over all users by the same rule that the manager
still knows. Limits that are not named stay as they are; without TAG or any of
them, what there is is printed.
`;

interface Flags {
  readonly unknown?: UnknownPolicy;
  readonly keepForRuns?: number;
  readonly maxUnknownShare?: number | null;
  readonly maxMove?: number | null;
  readonly reason?: string;
  readonly json: boolean;
}

const share = (most: number) => (written: string) => {
  if (written === 'any') return null;
  const value = Number(written);
  if (/^\d*\.?\d+$/.test(written) && value <= most) return value;
  throw new InvalidArgumentError(`it is a share from 0 to ${most}, such as 0.2, or \`any\``);
};

const runCount = (written: string): number => {
  const runs = Number(written);
  if (/^[1-9]\d{0,3}$/.test(written) && runs <= MOST_KEEP_FOR_RUNS) return runs;
  throw new InvalidArgumentError(`it is a number from 1 to ${MOST_KEEP_FOR_RUNS}`);
};

const limit = (value: number | null): string => (value === null ? 'any' : String(value));

const line = (policy: PolicyAnswer): string =>
  `tag ${policy.tag_id}: unknown ${policy.unknown}${policy.keep_for_runs === null ? '' : ` ${policy.keep_for_runs} runs`}, max-unknown-share ${limit(policy.max_unknown_share)}, max-move ${limit(policy.max_move)}; by ${policy.who}: ${policy.reason}`;

/** A number of runs means `keep_for`; another word forgets the number. */
function unknownOf({ unknown, keepForRuns }: Flags, now: PolicyAnswer | undefined): Pick<PolicyBody, 'unknown' | 'keep_for_runs'> {
  const word = unknown ?? (keepForRuns === undefined ? (now?.unknown ?? 'keep') : 'keep_for');
  return { unknown: word, keep_for_runs: keepForRuns ?? (word === 'keep_for' ? (now?.keep_for_runs ?? null) : null) };
}

export const define: VerbModule['define'] = (command, run) => {
  addTagsFlags(command.argument('[TAG]', 'id of the tag'))
    .addOption(new Option('--unknown <WHAT>', 'what becomes of holders whose result is UNKNOWN').choices(UNKNOWN_POLICIES))
    .addOption(valueFlag('--keep-for-runs <N>', 'of keep_for: runs in which a holder may be UNKNOWN and keep the tag', runCount))
    .addOption(valueFlag('--max-unknown-share <SHARE>', 'share of the users that may be UNKNOWN, or `any`', share(1)))
    .addOption(valueFlag('--max-move <SHARE>', 'share of its last size by which the tag may move, or `any`', share(MOST_MOVE)))
    .option('--reason <TEXT>', 'why; kept with the policy')
    .option('--json', 'one JSON document on stdout', false)
    .addHelpText(
      'after',
      ABOUT +
        examples(
          'tags policy 5 --max-unknown-share 0.2 --max-move 0.5 --reason "as agreed" --database sqlite:tags.sqlite',
          'tags policy --manager http://127.0.0.1:8080',
        ),
    );
  run(async (_, [tag]) => {
    const flags = command.opts<Flags>();
    const changes = [flags.unknown, flags.keepForRuns, flags.maxUnknownShare, flags.maxMove].some((value) => value !== undefined);
    const tagId = tag === undefined ? undefined : tagArgument(tag);
    if (changes && (tagId === undefined || flags.reason === undefined))
      throw new TagmillError('USAGE', 'a policy is set for one TAG, with a --reason');
    const policies = await withTags(command, async (tags) => {
      const all = (await tags.policies()).filter((one) => tagId === undefined || one.tag_id === tagId);
      if (!changes || tagId === undefined) return all;
      const now = all[0];
      const body = {
        ...unknownOf(flags, now),
        max_unknown_share: flags.maxUnknownShare === undefined ? (now?.max_unknown_share ?? null) : flags.maxUnknownShare,
        max_move: flags.maxMove === undefined ? (now?.max_move ?? null) : flags.maxMove,
        reason: flags.reason ?? '',
      };
      return [await tags.setPolicy(tagId, body, byCommand())];
    });
    if (flags.json) printJson({ policies });
    else if (policies.length === 0) say('no policy: any result is merged, and holders whose result is UNKNOWN keep the tag');
    else for (const policy of policies) process.stdout.write(`${line(policy)}\n`);
    return 0;
  });
};
