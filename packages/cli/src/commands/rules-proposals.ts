/** `tagmill rules proposals`: what waits for an approval, of all tags. */
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, withRules } from '../rules-verb.ts';
import { printJson } from '../say.ts';
import { proposalsText } from '../show/rule-text.ts';

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command).addHelpText('after', examples('rules proposals --manager http://127.0.0.1:8080'));
  run(async () =>
    withRules(command, async (rules) => {
      const answer = await rules.proposals();
      if (command.opts<{ json: boolean }>().json) printJson(answer);
      else process.stdout.write(proposalsText(answer));
      return 0;
    }),
  );
};
