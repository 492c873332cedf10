/** `tagmill rules test`: the rule of a tag on its examples. */
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, tagArgument, withRules } from '../rules-verb.ts';
import { printJson } from '../say.ts';
import { testText } from '../show/rule-text.ts';

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('<TAG>', 'id of the tag')).addHelpText('after', examples('rules test 5 --manager http://127.0.0.1:8080'));
  run(async (_, [tag]) =>
    withRules(command, async (rules) => {
      const answer = await rules.testTag(tagArgument(tag!));
      if (command.opts<{ json: boolean }>().json) printJson(answer);
      else process.stdout.write(testText(answer));
      return answer.ok ? 0 : 1;
    }),
  );
};
