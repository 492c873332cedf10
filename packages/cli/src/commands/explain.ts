/** `tagmill explain`: why a user has a tag, or has it not. */
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, tagArgument, withRules } from '../rules-verb.ts';
import { printJson } from '../say.ts';
import { explainText } from '../show/rule-text.ts';

const ABOUT = `
Every condition with the user's value, TRUE, FALSE or UNKNOWN, the object that was read,
the smallest change of one value that turns the outcome (tried before it is told), and
whether the stored row agrees. Conditions that decide are marked *.
`;

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('<USER>', 'id of the user').argument('<TAG>', 'id of the tag'))
    .option('--run <RUN>', 'as that run saw it; the newest run that has the tag')
    .addHelpText(
      'after',
      ABOUT +
        examples(
          'explain U20881734 5 --manager http://127.0.0.1:8080',
          'explain U20881734 5 --database sqlite:tags.sqlite --tables ./tables',
        ),
    );
  run(async (_, [user, tag]) =>
    withRules(command, async (rules) => {
      const { json, run: runId } = command.opts<{ json: boolean; run?: string }>();
      const answer = await rules.explain(user!, tagArgument(tag!), runId);
      if (json) printJson(answer);
      else process.stdout.write(explainText(answer));
      return 0;
    }),
  );
};
