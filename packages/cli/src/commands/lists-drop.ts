/** `tagmill lists drop`: removes an uploaded list. */
import { TagmillError } from '@tagmill/shared/errors';
import { databaseFlag, databaseOf, refuseMissingFile, withMetadata } from '../flags/database.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { say } from '../say.ts';

export const define: VerbModule['define'] = (command, run) => {
  command
    .argument('<NAME>', 'name of the list')
    .addOption(databaseFlag())
    .addHelpText(
      'after',
      `\nRules that name it are refused from then on.\n${examples('lists drop key_accounts --database sqlite:tags.sqlite')}`,
    );
  run(async (_, [name]) => {
    const target = databaseOf(command);
    await refuseMissingFile(target);
    const dropped = await withMetadata(target, (metadata) => metadata.lists.drop(name!));
    if (!dropped) throw new TagmillError('NOT_FOUND', `there is no list ${name}; \`tagmill lists show\` names those there are`);
    say(`list ${name} is removed`);
    return 0;
  });
};
