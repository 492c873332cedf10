/** `tagmill rules versions`: every version of a rule. */
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, tagArgument, withRules } from '../rules-verb.ts';
import { printJson } from '../say.ts';
import { versionsText } from '../show/rule-text.ts';

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('<TAG>', 'id of the tag')).addHelpText(
    'after',
    examples('rules versions 5 --manager http://127.0.0.1:8080'),
  );
  run(async (_, [tag]) =>
    withRules(command, async (rules) => {
      const answer = await rules.versions(tagArgument(tag!));
      if (command.opts<{ json: boolean }>().json) printJson(answer);
      else process.stdout.write(versionsText(answer));
      return 0;
    }),
  );
};
