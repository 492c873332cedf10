/** `tagmill lists put`: uploads a list that rules may name. */
import { listName } from '@tagmill/shared/api/lists';
import { describeDatabase } from '@tagmill/shared/database-url';
import { TagmillError } from '@tagmill/shared/errors';
import { Option } from 'commander';
import { readTextInput } from '../files.ts';
import { databaseFlag, databaseOf, withMetadata } from '../flags/database.ts';
import { examples } from '../flags/flag.ts';
import type { VerbModule } from '../program.ts';
import { plural, say } from '../say.ts';

const FORM = `
FILE has one value a line, as it is (spaces count; an empty line is an empty text);
or it is a JSON list. - reads stdin. A list of that name gets these values; runs that
have begun keep those that they have pinned.
`;

export const define: VerbModule['define'] = (command, run) => {
  command
    .argument('<NAME>', 'name of the list: letters, digits, _ . -')
    .argument('<FILE>', 'its values')
    .addOption(databaseFlag())
    .addOption(new Option('--type <TYPE>', 'what the values are').choices(['string', 'int64']).default('string'))
    .addHelpText('after', FORM + examples('lists put key_accounts accounts.txt --database sqlite:tags.sqlite'));
  run(async (_, [name, file]) => {
    const target = databaseOf(command);
    const { type } = command.opts<{ type: 'string' | 'int64' }>();
    if (!listName.safeParse(name).success)
      throw new TagmillError('USAGE', `"${name}" is no name of a list; use up to 100 letters, digits, _ . -`);
    const values = readValues(readTextInput(file!), file!);
    const row = await withMetadata(target, (metadata) => metadata.lists.put({ name: name!, type, values, who: 'cli', atMs: Date.now() }));
    say(`list ${row.name}: ${plural(row.count, 'value')} in ${describeDatabase(target)}`);
    if (row.count === 0) say('it is empty: a tag whose rule looks in it fails with LIST_EMPTY');
    return 0;
  });
};

/** Errors: USAGE. */
function readValues(text: string, file: string): string[] {
  if (!text.trimStart().startsWith('[')) {
    const lines = text.split(/\r?\n/);
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  }
  try {
    const values: unknown = JSON.parse(text);
    if (Array.isArray(values) && values.every((value) => typeof value === 'string' || Number.isSafeInteger(value)))
      return values.map(String);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new TagmillError('USAGE', `${file} is no JSON list of texts or whole numbers (beyond 2^53 write them as texts)`);
}
