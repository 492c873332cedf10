/** `tagmill lists show`: the uploaded lists, or the values of one. */
import { TagmillError } from '@tagmill/shared/errors';
import { databaseFlag, databaseOf, refuseMissingFile, withMetadata } from '../flags/database.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { say } from '../say.ts';

export const define: VerbModule['define'] = (command, run) => {
  command
    .argument('[NAME]', 'print the values of this list, one a line')
    .addOption(databaseFlag())
    .option('--json', 'print JSON', false)
    .addHelpText('after', examples('lists show --database sqlite:tags.sqlite'));
  run(async (_, [name]) => {
    const target = databaseOf(command);
    await refuseMissingFile(target);
    const { json } = command.opts<{ json: boolean }>();
    const print = (line: string): boolean => process.stdout.write(`${line}\n`);
    await withMetadata(target, async (metadata) => {
      const rows = await metadata.lists.all();
      if (name === undefined) {
        if (json) print(JSON.stringify(rows));
        else for (const row of rows) print(`${row.name}\t${row.type}\t${row.count}\t${new Date(row.updatedMs).toISOString()}\t${row.who}`);
        if (rows.length === 0) say('there is no list; upload one with `tagmill lists put NAME FILE`');
        return;
      }
      const row = rows.find((one) => one.name === name);
      const values = row === undefined ? undefined : await metadata.lists.values(row.hash);
      if (values === undefined)
        throw new TagmillError('NOT_FOUND', `there is no list ${name}; \`tagmill lists show\` names those there are`);
      if (json) print(JSON.stringify({ ...row, values }));
      else for (const value of values) print(value);
    });
    return 0;
  });
};
