/** `tagmill db init`: creates the tables that are missing. */
import { describeDatabase } from '@tagmill/shared/database-url';
import { databaseFlag, databaseOf, withMetadata } from '../flags/database.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { say } from '../say.ts';

export const define: VerbModule['define'] = (command, run) => {
  command
    .addOption(databaseFlag())
    .addHelpText('after', examples('db init --database sqlite:tags.sqlite', 'db init --database mysql://tagmill@db.example:3306/tags'));
  run(async () => {
    const target = databaseOf(command);
    await withMetadata(target, (metadata) => metadata.init());
    say(`the tables of ${describeDatabase(target)} are there; what existed is as it was`);
    return 0;
  });
};
