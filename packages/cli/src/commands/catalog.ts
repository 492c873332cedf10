/** `tagmill catalog`: the fields that rules may use. */
import { examples } from '../flags/flag.ts';
import { tablesOf } from '../flags/tables.ts';
import type { VerbModule } from '../program.ts';
import { addRulesFlags, withRules } from '../rules-verb.ts';
import { printJson } from '../say.ts';
import { catalogText } from '../show/rule-text.ts';

export const define: VerbModule['define'] = (command, run) => {
  addRulesFlags(command)
    .option(
      '--values',
      'have an executor look at a part of each table: values of small enumerations, and ranges that the files do not say',
      false,
    )
    .addHelpText('after', examples('catalog --tables ./tables', 'catalog --values --manager http://127.0.0.1:8080'));
  run(async () => {
    const { json, manager, values } = command.opts<{ json: boolean; manager?: string; values: boolean }>();
    const show = (answer: Parameters<typeof catalogText>[0]): number => {
      if (json) printJson(answer);
      else process.stdout.write(catalogText(answer));
      return 0;
    };
    const location = tablesOf(command);
    if (manager === undefined && location !== undefined && !values) {
      const [{ readBasis }, { catalogAnswer }] = await Promise.all([
        import('../data/catalog.ts'),
        import('@tagmill/manager/shell/analyst/catalog'),
      ]);
      return show(catalogAnswer(await readBasis(location)));
    }
    return await withRules(command, async (rules) => show(await rules.catalog(values)));
  });
};
