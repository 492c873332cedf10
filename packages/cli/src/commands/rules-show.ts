/** `tagmill rules show`: the rule of a tag. */
import { ruleLines } from '@tagmill/shared/rules/line-diff';
import { TagmillError } from '@tagmill/shared/errors';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, tagArgument, withRules } from '../rules-verb.ts';
import { printJson, say } from '../say.ts';

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('<TAG>', 'id of the tag'))
    .option('--draft', 'the newest draft instead of the live rule', false)
    .addHelpText('after', examples('rules show 5 --manager http://127.0.0.1:8080 > rule.json'));
  run(async (_, [tag]) =>
    withRules(command, async (rules) => {
      const tagId = tagArgument(tag!);
      const answer = await rules.get(tagId);
      const { json, draft } = command.opts<{ json: boolean; draft: boolean }>();
      if (json) {
        printJson(answer);
        return 0;
      }
      const shown = draft ? answer.draft : answer.live;
      if (shown === null) throw new TagmillError('NOT_FOUND', `tag ${tagId} has no ${draft ? 'draft' : 'live rule'}`);
      say(`tag ${tagId} ${answer.tag_name}, version ${shown.version} (${shown.state}) by ${shown.who}: ${shown.reason}`);
      say(`ETag ${answer.etag}`);
      process.stdout.write(`${ruleLines(shown.rule_text).join('\n')}\n`);
      return 0;
    }),
  );
};
