/** `tagmill rules check`: all that is wrong with one rule, and what is worth a second look. */
import { readTextInput } from '../files.ts';
import { examples } from '../flags/flag.ts';
import { tablesOf } from '../flags/tables.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, versionFlag, withRules } from '../rules-verb.ts';
import { printJson } from '../say.ts';
import { checkText } from '../show/rule-text.ts';

const ABOUT = `
FILE is the JSON of one rule, - is stdin. Fields and types are those of the newest
tables: of --tables, or of the manager that --manager names. Exit code 1 when the rule
has an error.
`;

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command.argument('<FILE>', 'JSON file of one rule, or -'))
    .option('--tag <TAG>', 'the tag that the rule is for', versionFlag)
    .addHelpText(
      'after',
      ABOUT + examples('rules check rule.json --tables ./tables', 'rules check - --manager http://127.0.0.1:8080 < rule.json'),
    );
  run(async (_, [file]) => {
    const rule = readTextInput(file!);
    const { json, tag, manager } = command.opts<{ json: boolean; tag?: number; manager?: string }>();
    const show = (answer: Parameters<typeof checkText>[0]): number => {
      if (json) printJson(answer);
      else process.stdout.write(checkText(answer));
      return answer.ok ? 0 : 1;
    };
    const location = tablesOf(command);
    if (manager === undefined && location !== undefined) {
      // Footers are read here: no manager, no database.
      const [{ readBasis }, { checkAnswer }] = await Promise.all([
        import('../data/catalog.ts'),
        import('@tagmill/manager/shell/analyst/checks'),
      ]);
      return show(checkAnswer(rule, await readBasis(location)));
    }
    return await withRules(command, async (rules) => show(await rules.check({ rule, ...(tag === undefined ? {} : { tag_id: tag }) })));
  });
};
