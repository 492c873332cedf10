/** `tagmill rules export`: the rules of a database in the form that `rules import` takes. */
import { databaseFlag, databaseOf, refuseMissingFile, withMetadata } from '../flags/database.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';

export const define: VerbModule['define'] = (command, run) => {
  command.addOption(databaseFlag()).addHelpText('after', examples('rules export --database sqlite:tags.sqlite > rules.json'));
  run(async () => {
    const target = databaseOf(command);
    await refuseMissingFile(target);
    const { formatRulesFile } = await import('@tagmill/manager/tagstore/rules');
    const rules = await withMetadata(target, (metadata) => metadata.exportRules());
    process.stdout.write(formatRulesFile(rules));
    return 0;
  });
};
