/** `tagmill rules publish`: makes a draft live. */
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, tagArgument, versionFlag, withRules, writerFor } from '../rules-verb.ts';
import { printJson, say } from '../say.ts';

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('<TAG>', 'id of the tag'))
    .requiredOption('--version-number <VERSION>', 'draft to make live', versionFlag)
    .requiredOption('--reason <TEXT>', 'why; kept with the version')
    .option('--if-match <ETAG>', 'refuse when the rule is not at this ETag any more')
    .addHelpText('after', examples('rules publish 5 --version-number 3 --reason "the limit was right" --manager http://127.0.0.1:8080'));
  run(async (_, [tag]) =>
    withRules(command, async (rules) => {
      const tagId = tagArgument(tag!);
      const { json, versionNumber, reason, ifMatch } = command.opts<{
        json: boolean;
        versionNumber: number;
        reason: string;
        ifMatch?: string;
      }>();
      const answer = await rules.publish(tagId, { version: versionNumber, reason }, await writerFor(rules, tagId, ifMatch));
      if (json) printJson(answer);
      else say(`tag ${tagId} is at version ${answer.version.version} (${answer.version.state})`);
      return 0;
    }),
  );
};
