/** `tagmill rules diff`: what changed between two versions. */
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, tagArgument, versionFlag, withRules } from '../rules-verb.ts';
import { printJson, say } from '../say.ts';
import { diffText } from '../show/rule-text.ts';

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('<TAG>', 'id of the tag'))
    .option('--from <VERSION>', 'the older version; the one before the newest', versionFlag)
    .option('--to <VERSION>', 'the newer version; the newest', versionFlag)
    .addHelpText('after', examples('rules diff 5 --from 3 --to 7 --manager http://127.0.0.1:8080'));
  run(async (_, [tag]) =>
    withRules(command, async (rules) => {
      const { json, from, to } = command.opts<{ json: boolean; from?: number; to?: number }>();
      const answer = await rules.diff(tagArgument(tag!), from, to);
      if (json) printJson(answer);
      else {
        say(`version ${answer.from} to ${answer.to}${answer.equal ? ': the same rule' : ''}`);
        process.stdout.write(diffText(answer.lines));
      }
      return 0;
    }),
  );
};
